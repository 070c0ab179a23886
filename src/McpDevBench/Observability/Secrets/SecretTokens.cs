using System.Buffers;

namespace McpDevBench.Observability.Secrets;

/// <summary>Tokens with a known prefix: of GitHub, GitLab, Slack, AWS, Google, npm, Docker Hub and others, and JSON web tokens.</summary>
internal static class SecretTokens
{
    private static readonly SearchValues<char> _alphanumeric = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> _base64Url = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    private static readonly SearchValues<char> _base64UrlParts = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");
    private static readonly SearchValues<char> _upper = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private static readonly Shape[] _shapes =
    [
        // {" in base64: the header of every JSON web token, and of any other JSON object in base64.
        new("eyJ", 17, _base64UrlParts),
        new("ghp_", 20, _alphanumeric), new("gho_", 20, _alphanumeric), new("ghu_", 20, _alphanumeric),
        new("ghs_", 20, _alphanumeric), new("ghr_", 20, _alphanumeric),
        new("github_pat_", 20, _base64Url),
        new("glpat-", 16, _base64Url),
        // Words end in sk and are followed by others (disk-usage-…): a key has more than small letters.
        new("sk-", 16, _base64Url, OfWords: true),
        new("xox", 10, _base64Url),
        new("AKIA", 16, _upper), new("ASIA", 16, _upper), new("AIza", 30, _base64Url),
        new("npm_", 20, _alphanumeric), new("hf_", 20, _alphanumeric), new("dckr_pat_", 16, _base64Url),
    ];

    public static IEnumerable<string> Beginnings => _shapes.Select(shape => shape.Beginning);

    /// <returns>Where the token ends that begins at <paramref name="at"/>.</returns>
    public static (int Start, int End)? At(ReadOnlySpan<char> text, int at)
    {
        foreach (var shape in _shapes)
        {
            if (text[at..].StartsWith(shape.Beginning) && shape.Length(text, at) is > 0 and var length)
                return (at, at + length);
        }
        return null;
    }

    /// <param name="Min">So many characters come at least after the beginning.</param>
    /// <param name="OfWords">Its beginning and alphabet are those of ordinary words.</param>
    private sealed record Shape(string Beginning, int Min, SearchValues<char> Alphabet, bool OfWords = false)
    {
        /// <summary>So much of what may be a word is looked at.</summary>
        private const int Look = 64;

        public int Length(ReadOnlySpan<char> text, int at)
        {
            var rest = text[(at + Beginning.Length)..];
            // Decided here, so that a text of nothing but beginnings is not read to its end for each of them.
            if (rest.Length < Min || rest[..Min].ContainsAnyExcept(Alphabet))
                return 0;
            if (OfWords && (EndsWord(text[..at]) || !rest[..Math.Min(rest.Length, Look)].ContainsAny(_upper)))
                return 0;
            var end = rest.IndexOfAnyExcept(Alphabet);
            return Beginning.Length + (end < 0 ? rest.Length : end);
        }

        /// <summary>The letter of an escape such as <c>\n</c> is none of a word.</summary>
        private static bool EndsWord(ReadOnlySpan<char> before) => before is [.., >= 'a' and <= 'z'] and not [.., '\\', _];
    }
}
