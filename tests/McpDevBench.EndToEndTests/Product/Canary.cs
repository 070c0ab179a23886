using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>A secret of this run, which nobody may find again where it does not belong.</summary>
/// <param name="Secret">What is looked for.</param>
/// <param name="Text">As it is sent: with what shows that it is a secret.</param>
internal sealed record Canary(string Kind, string Secret, string Text)
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>One that nothing gives away: only for values that are never written down, whatever they are.</summary>
    public static Canary Plain() => Make("plain", Random(24), secret => secret);

    /// <summary>One of each kind that can be told from its looks.</summary>
    public static IReadOnlyList<Canary> OfEveryKind() =>
    [
        Make("bearer", Random(24), secret => $"Bearer {secret}"),
        Make("basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("canary:" + Random(17))), secret => $"Basic {secret}"),
        Make(
            "jwt", Convert.ToBase64String(Encoding.ASCII.GetBytes("{\"sub\":\"" + Random(19) + "\"}")).TrimEnd('='),
            secret => $"eyJhbGciOiJIUzI1NiJ9.{secret}.{Random(43)}"),
        Make("github", "ghp_" + Random(36)),
        Make("github-fine", "github_pat_" + Random(22) + "_" + Random(59)),
        Make("gitlab", "glpat-" + Random(20)),
        Make("openai", "sk-proj-" + Random(48)),
        Make("slack", "xoxb-" + RandomNumberGenerator.GetString("0123456789", 12) + "-" + Random(24)),
        Make("aws", "AKIA" + RandomNumberGenerator.GetString(Capitals, 16)),
        Make("npm", "npm_" + Random(36)),
        Make("variable", Random(16), secret => $"DB_PASSWORD={secret}"),
        Make("json", Random(16), secret => $"{{\"api_key\": \"{secret}\"}}"),
        Make("header", Random(16), secret => $"X-Auth-Token: {secret}"),
        Make("option", Random(16), secret => $"curl --token {secret}"),
        Make("url", Random(16), secret => $"https://user:{secret}@registry.example/team/image:1"),
        Make("key", Random(64), secret => $"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"),
    ];

    /// <summary>Fit for a header.</summary>
    public bool IsOneLine => !Text.Contains('\n', StringComparison.Ordinal);

    /// <summary>The text as JSON.</summary>
    public string Json => $"\"{JsonEncodedText.Encode(Text)}\"";

    private static Canary Make(string kind, string secret, Func<string, string>? text = null) =>
        new(kind, secret, text?.Invoke(secret) ?? secret);

    /// <summary>With a digit and a capital in it, as a secret of that length has.</summary>
    private static string Random(int length) => "C4" + RandomNumberGenerator.GetString(Letters, length - 2);
}
