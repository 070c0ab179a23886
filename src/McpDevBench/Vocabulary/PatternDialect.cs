using System.Text;

namespace McpDevBench.Vocabulary;

/// <summary>Regular expressions as grep has them: POSIX classes are translated, and what means something else here is named.</summary>
internal static class PatternDialect
{
    private static readonly (string Name, string Members)[] _classes =
    [
        ("alpha", @"\p{L}"), ("digit", "0-9"), ("alnum", @"\p{L}\p{Nd}"), ("upper", @"\p{Lu}"), ("lower", @"\p{Ll}"), ("space", @"\s"),
        ("blank", @" \t"), ("punct", @"!-/:-@\[-`{-~"), ("xdigit", "0-9A-Fa-f"), ("word", @"\w"), ("cntrl", @"\p{Cc}"), ("graph", "!-~"),
        ("print", " -~"),
    ];

    private static readonly (string Escape, string Note)[] _escapes =
    [
        (@"\|", @"\| is a literal | here; for alternatives use |"),
        (@"\(", @"\( is a literal ( here; for a group use ( and )"),
        (@"\+", @"\+ is a literal + here; for one or more use +"),
        (@"\?", @"\? is a literal ? here; for none or one use ?"),
        (@"\{", @"\{ is a literal { here; for a number of times use { and }"),
        (@"\<", @"\< is a literal < here; for the edge of a word use \b"),
        (@"\>", @"\> is a literal > here; for the edge of a word use \b"),
    ];

    /// <summary>The pattern with <c>[[:digit:]]</c> and the like as this regular expression engine has them.</summary>
    public static string Translate(string pattern)
    {
        if (!pattern.Contains("[:", StringComparison.Ordinal))
            return pattern;
        var translated = new StringBuilder();
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\' && i + 1 < pattern.Length)
            {
                translated.Append(pattern[i++]);
            }
            else if (inClass && pattern.AsSpan(i).StartsWith("[:") && MembersAt(pattern.AsSpan(i + 2)) is var (name, members))
            {
                translated.Append(members);
                i += name.Length + 3;
                continue;
            }
            else if (!inClass && pattern[i] == '[')
            {
                inClass = true;
                // A bracket right at the beginning of a class belongs to it.
                while (i + 1 < pattern.Length && pattern[i + 1] is '^' or ']' && pattern[i] != ']')
                    translated.Append(pattern[i++]);
            }
            else if (pattern[i] == ']')
            {
                inClass = false;
            }
            translated.Append(pattern[i]);
        }
        return translated.ToString();
    }

    /// <summary>For a pattern that matched nothing: what it may have been meant as; null if there is nothing to say.</summary>
    public static string? Misunderstanding(string pattern)
    {
        var notes = new List<string>();
        for (var i = 0; i + 1 < pattern.Length; i++)
        {
            if (pattern[i] != '\\')
                continue;
            foreach (var (escape, note) in _escapes)
            {
                if (escape[1] == pattern[i + 1] && !notes.Contains(note))
                    notes.Add(note);
            }
            i++;
        }
        return notes.Count == 0 ? null : string.Join(". ", notes);
    }

    private static (string Name, string Members)? MembersAt(ReadOnlySpan<char> text)
    {
        foreach (var (name, members) in _classes)
        {
            if (text.StartsWith(name) && text[name.Length..].StartsWith(":]"))
                return (name, members);
        }
        return null;
    }
}
