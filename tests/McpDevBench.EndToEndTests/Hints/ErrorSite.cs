using System.Text;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Hints;

/// <summary>A place in the server's source that creates an error, known by the texts that stand there.</summary>
/// <param name="Name">The file and the first text, with … for what is filled in.</param>
internal sealed partial record ErrorSite(string Name, IReadOnlyList<string> Texts)
{
    /// <summary>Shorter texts, such as a separator, identify nothing.</summary>
    private const int MinLetters = 4;

    private const char Hole = '…';

    private readonly Regex[] _patterns = [.. Texts.Select(text =>
        new Regex(Regex.Escape(text).Replace($"{Hole}", ".*?", StringComparison.Ordinal), RegexOptions.Singleline))];

    /// <summary>Every error of the source that has a text of its own.</summary>
    public static IReadOnlyList<ErrorSite> All()
    {
        var root = Path.Combine(Repository.Root, "src/McpDevBench");
        var sites = from path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                    let code = File.ReadAllText(path)
                    let starts = Start().Matches(code)
                    from i in Enumerable.Range(0, starts.Count)
                    let end = EndOf(code, starts[i].Index, i + 1 < starts.Count ? starts[i + 1].Index : code.Length)
                    let texts = TextsIn(code[(starts[i].Index + starts[i].Length)..end])
                    where texts.Count > 0
                    select new ErrorSite($"{Path.GetRelativePath(root, path)}: {texts[0]}", texts);
        return [.. sites.DistinctBy(site => site.Name)];
    }

    /// <summary>Most of its texts are in the error: of alternatives, one is enough.</summary>
    public bool Created(string error) => _patterns.Count(pattern => pattern.IsMatch(error)) * 2 > _patterns.Length;

    private static int EndOf(string code, int start, int next)
    {
        var end = EndOfStatement().Match(code, start);
        return end.Success ? Math.Min(end.Index, next) : next;
    }

    /// <summary>The string literals, in their order.</summary>
    private static List<string> TextsIn(string code)
    {
        var texts = new List<string>();
        for (var i = 0; i < code.Length;)
        {
            if (code[i] == '\'')
                i = code.IndexOf('\'', i + (code[i + 1] == '\\' ? 3 : 2)) + 1;
            else if (code[i] == '"')
                texts.Add(Joined(code, ref i));
            else
                i++;
        }
        return [.. texts.Where(text => text.Count(char.IsAsciiLetter) >= MinLetters)];
    }

    /// <summary>With the literals that are added to it.</summary>
    private static string Joined(string code, ref int i)
    {
        var text = Text(code, ref i, i > 0 && code[i - 1] == '$');
        for (var next = Plus().Match(code, i); next.Success; next = Plus().Match(code, i))
        {
            i += next.Length;
            text += Text(code, ref i, code[i - 1] == '$');
        }
        return text;
    }

    private static string Text(string code, ref int i, bool isInterpolated)
    {
        if (code.AsSpan(i).StartsWith("\"\"\""))
        {
            var start = i + 3;
            var end = code.IndexOf("\"\"\"", start, StringComparison.Ordinal);
            i = end + 3;
            return code[start..end];
        }
        var text = new StringBuilder();
        for (i++; code[i] != '"'; i++)
        {
            if (code[i] == '\\')
                text.Append(code[++i] == 'n' ? '\n' : code[i]);
            else if (isInterpolated && code[i] is '{' or '}' && code[i + 1] == code[i])
                text.Append(code[++i]);
            else if (isInterpolated && code[i] == '{')
            {
                SkipHole(code, ref i);
                text.Append(Hole);
            }
            else
                text.Append(code[i]);
        }
        i++;
        return text.ToString();
    }

    /// <summary>From an opening brace to the closing one, past the literals between them.</summary>
    private static void SkipHole(string code, ref int i)
    {
        for (var depth = 0; ; i++)
        {
            while (code[i] == '"')
                Text(code, ref i, code[i - 1] == '$');
            depth += (code[i] == '{' ? 1 : 0) - (code[i] == '}' ? 1 : 0);
            if (depth == 0)
                return;
        }
    }

    [GeneratedRegex(@"ErrorCode\.\w+,|new RequestException\(\s*\w+\.Code,|throw (?:\w+\.)?(?:Refuse|Invalid|Wrong|TooMuch)\(")]
    private static partial Regex Start();

    [GeneratedRegex("""\G\s*\+\s*\$?(?=")""")]
    private static partial Regex Plus();

    /// <summary>Or the labels and details after the texts, which no model reads.</summary>
    [GeneratedRegex(@";\n|\{\s*(Rule|Details) = ")]
    private static partial Regex EndOfStatement();
}
