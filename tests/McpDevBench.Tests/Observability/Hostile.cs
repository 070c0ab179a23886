namespace McpDevBench.Tests.Observability;

/// <summary>Values that would like to be more than a value.</summary>
internal static class Hostile
{
    public static TheoryData<string> Values() =>
    [
        "a\r\n{\"level\":\"ERROR\"}", "\u001b[2J\u001b[31m", "\u0000\u0007\u007f\u0085", "\u2028\u2029", "\u202Eevil\u202C", "\u2066x\u2069\u200B\uFEFF", "\uD800", "x\uDC00y\uD83D",
        "\U0001F600 \U000E0041", "\"", "\\", "\\n", "\\\"", "a=b c=d", " container_id=c_2", "\" level=ERROR", "", " ", "'", "{\"a\": [1]}", "message: x", "é文", "tab\there",
    ];

    /// <summary>As it can be written in UTF-8: half a pair cannot.</summary>
    public static string Written(string value) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(value));
}
