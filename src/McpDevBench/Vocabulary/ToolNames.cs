using System.Text.RegularExpressions;

namespace McpDevBench.Vocabulary;

/// <summary>
/// Removes tools that are disabled on this server from texts for a model, by the structure of our sentences: from a list of tools, or with
/// the clause or the sentence that names one. For texts of the server only.
/// </summary>
internal sealed partial class ToolNames
{
    private const string None = "The operator has not turned on a tool for this.";

    private static readonly AsyncLocal<ToolNames?> _ofCall = new();

    /// <summary>What separates clauses, and what joins those that are left.</summary>
    private static readonly (Regex Split, string Joined)[] _clauses =
        [(Semicolon(), "; "), (Or(), ", or "), (So(), ", and "), (Colon(), ": ")];

    private readonly HashSet<string> _missing;
    private readonly Regex? _mention, _missingMention, _list;

    /// <param name="all">The names of all tools that texts can name.</param>
    public ToolNames(IEnumerable<string> all, Func<string, bool> isOffered)
    {
        var names = all.Order(StringComparer.Ordinal).ToList();
        _missing = [.. names.Where(name => !isOffered(name))];
        if (names.Where(name => name.StartsWith("fs_", StringComparison.Ordinal)).All(_missing.Contains))
            _missing.Add("the fs_ tools");
        // The file endpoint is as the tools that do the same.
        foreach (var (method, tool) in ((string, string)[])[("GET", "fs_read"), ("PUT", "fs_write")])
        {
            if (_missing.Contains(tool))
                _missing.Add(method);
        }
        if (_missing.Count == 0)
            return;
        var any = $"(?:the fs_ tools|GET|PUT|{string.Join('|', names.OrderByDescending(name => name.Length))})";
        var one = $"(?<![\\w./=-]){any}(?![\\w/=-]|,\\w|\\.\\w|://)";
        _mention = new Regex(one, RegexOptions.CultureInvariant);
        var missing = $"(?:{string.Join('|', _missing.OrderByDescending(name => name.Length))})";
        _missingMention = new Regex(one.Replace(any, missing, StringComparison.Ordinal), RegexOptions.CultureInvariant);
        _list = new Regex($"{one}(?:(?:, | or | and |, or |, and ){one})+", RegexOptions.CultureInvariant);
    }

    /// <summary>Those of the server that serves the current call. It flows with the asynchronous call; null: all are offered.</summary>
    public static ToolNames? Current
    {
        get => _ofCall.Value;
        set => _ofCall.Value = value;
    }

    /// <summary>A text of ours as the caller of the current call may read it; empty if nothing is left.</summary>
    public static string Offered(string text) => Current?.In(text) ?? text;

    /// <summary>A hint: it never becomes empty.</summary>
    public static string Hint(string hint) => Offered(hint) is { Length: > 0 } left ? left : None;

    /// <summary>A sentence of ours as it is, or empty if it names a tool that is not offered.</summary>
    public static string Whole(string sentence) => Current?.IsNamedIn(sentence) == true ? "" : sentence;

    /// <summary>Whether it names a tool that is not offered.</summary>
    public bool IsNamedIn(string text) =>
        _missing.Any(name => text.Contains(name, StringComparison.Ordinal)) && _missingMention!.IsMatch(text);

    /// <summary>The text without the tools that are not offered.</summary>
    public string In(string text) =>
        IsNamedIn(text) ? string.Join('\n', text.Split('\n').Select(InLine).Where(line => line.Length > 0)) : text;

    private string InLine(string line)
    {
        if (!IsNamedIn(line))
            return line;
        var bullet = line.StartsWith("- ", StringComparison.Ordinal) ? "- " : "";
        var left = SentenceEnd().Split(line[bullet.Length..]).Select(InSentence).Where(sentence => sentence.Length > 0).ToList();
        return left.Count == 0 ? "" : bullet + string.Join(' ', left);
    }

    private string InSentence(string sentence)
    {
        if (!IsNamedIn(sentence))
            return sentence;
        var left = _list!.Replace(sentence, InList);
        left = Parenthesis().Replace(left, found => IsNamedIn(found.Value) ? "" : found.Value);
        left = WhichClause().Replace(left, found => IsNamedIn(found.Value) ? "" : found.Value);
        var end = left is [.., '.' or ':'] ? left[^1..] : "";
        left = InClauses(left[..^end.Length], 0);
        // The rest of "Next: exec_poll …" has no meaning.
        return left.Count(character => character == ' ') < 2 ? "" : left + end;
    }

    /// <summary>Removes the smallest clauses that name one.</summary>
    private string InClauses(string text, int level)
    {
        if (!IsNamedIn(text))
            return text;
        if (level == _clauses.Length)
            return "";
        var (split, joined) = _clauses[level];
        var clauses = split.Split(text).Select(clause => InClauses(clause, level + 1)).Where(clause => clause.Length > 0);
        return string.Join(joined, clauses);
    }

    private string InList(Match list)
    {
        var offered = _mention!.Matches(list.Value).Select(mention => mention.Value).Where(name => !_missing.Contains(name)).ToList();
        if (offered.Count == 0)
            return list.Value;
        return offered.Count == 1 ? offered[0] : $"{string.Join(", ", offered[..^1])}{Conjunction(list.Value)}{offered[^1]}";
    }

    private static string Conjunction(string list)
    {
        if (list.Contains(" or ", StringComparison.Ordinal))
            return " or ";
        return list.Contains(" and ", StringComparison.Ordinal) ? " and " : ", ";
    }

    [GeneratedRegex(@"(?<=[.!?…])\s+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@" ?\([^()]*\)")]
    private static partial Regex Parenthesis();

    [GeneratedRegex(@", which [^,;:.]*")]
    private static partial Regex WhichClause();

    [GeneratedRegex("; (?:then |to |for )?")]
    private static partial Regex Semicolon();

    [GeneratedRegex(",? or ")]
    private static partial Regex Or();

    [GeneratedRegex(", (?:and|then|with) |, and ")]
    private static partial Regex So();

    [GeneratedRegex(": ")]
    private static partial Regex Colon();
}
