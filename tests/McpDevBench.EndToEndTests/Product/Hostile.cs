namespace McpDevBench.EndToEndTests.Product;

/// <summary>Texts, as JSON, that would like to be more than a text.</summary>
internal static class Hostile
{
    public static IReadOnlyList<string> Json { get; } =
    [
        """ "a\nb\r\n{\"level\":\"CRITICAL\",\"message\":\"forged\"}" """, """ "\u001b[2J\u001b]0;title\u0007" """, """ "\u0000\u0001\u007f\u0085\u009b" """, """ "\u2028\u2029" """,
        """ "\u202Eevil\u202C\u2066x\u2069" """, """ "\uD800" """, """ "x\uDC00y\uD83D" """, """ "\uD83D\uDE00\uDB40\uDC41" """, """ "{\"message\": [1, {}]}" """, """ "\\\" , \\u0022" """,
        """ "" """, """ "a=b message=\"x\" level=ERROR" """, """ "../../etc/passwd" """, $"\"{new string('x', 100_000)}\"", $"\"{string.Concat(Enumerable.Repeat("文", 20_000))}\"", """ "%0a%1b${jndi:ldap://x}" """,
    ];
}
