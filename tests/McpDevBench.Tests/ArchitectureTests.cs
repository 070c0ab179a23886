using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace McpDevBench.Tests;

/// <summary>Reads the server's source and says what to do where it leaves its plan.</summary>
public sealed partial class ArchitectureTests
{
    private const int MaximumLines = 300;

    /// <summary>Which rooms a room may use. Every room may use Vocabulary, which uses none.</summary>
    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Cli"] = ["Workspaces", "Execs", "Files", "Agents", "Engine", "Storage", "Audit", "Access", "Observability"],
        ["Mcp"] = ["Calls", "Workspaces", "Execs", "Files", "Access", "Audit", "Observability"],
        ["Calls"] = ["Workspaces", "Execs", "Access", "Audit", "Observability"],
        ["Workspaces"] = ["Engine", "Agents", "Storage", "Observability"],
        ["Execs"] = ["Workspaces", "Agents", "AgentProtocol", "Storage", "Observability"],
        ["Files"] = ["Workspaces", "Agents", "AgentProtocol", "Observability"],
        ["Agents"] = ["Engine", "AgentProtocol", "Observability"],
        ["Engine"] = ["Observability"],
        ["Storage"] = ["Observability"],
        ["Audit"] = ["Storage", "Observability"],
        ["Access"] = ["Observability"],
        ["Observability"] = [],
        ["Vocabulary"] = [],
    };

    /// <summary>Which rooms may use a library; the files beside the rooms may use none of these but the MCP SDK. A *Store.cs, where SQL lives, may use SQLite's types.</summary>
    private static readonly Dictionary<string, string[]> _libraries = new()
    {
        ["Docker.DotNet"] = ["Engine"],
        ["Microsoft.Data.Sqlite"] = ["Storage"],
        ["ModelContextProtocol"] = ["Mcp", ""],
        ["Prometheus"] = ["Observability"],
        ["OpenTelemetry"] = ["Observability"],
        // Of the runtime, but the same: whoever makes spans past Observability decides alone what a trace shows.
        ["Activity"] = ["Observability"],
    };

    private static readonly string[] _emptyNouns = ["Services", "Models", "Interfaces", "Helpers", "Utils", "Common", "Managers"];

    [Fact]
    public void Rooms_use_only_the_rooms_that_the_plan_allows()
    {
        var wrong = new List<string>();
        foreach (var file in Source().Where(file => file.Room.Length > 0))
        {
            var allowed = _arrows.GetValueOrDefault(file.Room, []);
            foreach (var used in OwnNamespace().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct())
            {
                if (used != file.Room && used != "Vocabulary" && (_arrows.ContainsKey(used) || used == "AgentProtocol") && !allowed.Contains(used))
                    wrong.Add($"{file.Path} uses {used}, but {file.Room} may use only: {string.Join(", ", allowed.DefaultIfEmpty("nothing of ours"))}. Move the code to the room that it belongs to, or hand the value in.");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Libraries_are_used_only_where_the_plan_allows()
    {
        var wrong = from file in Source()
                    from library in _libraries
                    where !library.Value.Contains(file.Room) && !(library.Key == "Microsoft.Data.Sqlite" && file.Path.EndsWith("Store.cs", StringComparison.Ordinal))
                    where Regex.IsMatch(file.Code, $@"(?<![\w.]){Regex.Escape(library.Key)}(?=[.;])")
                    select $"{file.Path} uses {library.Key}, which only {string.Join(" and ", library.Value.Where(room => room.Length > 0))} may use. Ask that room for what you need.";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Folders_are_nouns_of_the_domain()
    {
        var wrong = Source().Select(file => file.Path).Where(path => path.Split('/').Any(part => _emptyNouns.Contains(part)))
            .Select(path => $"{path} is in a folder whose name says nothing. Name the folder after the thing it is about.");
        Assert.Empty(wrong);
        var unknown = Source().Select(file => file.Room).Distinct().Where(room => room.Length > 0 && !_arrows.ContainsKey(room))
            .Select(room => $"{room} is a room without a plan. Say in this test, and in the architecture's table, what it may use.");
        Assert.Empty(unknown);
    }

    [Fact]
    public void Files_can_be_read_at_once()
    {
        var wrong = Source().Select(file => (file.Path, Lines: file.Text.Count(letter => letter == '\n'))).Where(file => file.Lines > MaximumLines)
            .Select(file => $"{file.Path} has {file.Lines} lines; {MaximumLines} is the most. Find the second thing that it does, and give it a file of its own.");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_swallows_failures()
    {
        var wrong = Source().Where(file => EmptyCatch().IsMatch(file.Text)).Select(file => $"{file.Path} has an empty catch. Let the failure pass, or say in the block what is done about it.");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Log_messages_are_fixed_sentences()
    {
        var wrong = from file in Source()
                    from match in LogMessage().Matches(file.Text)
                    where match.Groups[1].Value.Contains('{')
                    select $"{file.Path} logs \"{match.Groups[1].Value}\". Leave the values out of the sentence: each parameter is a field of the line anyway.";
        Assert.Empty(wrong);
    }

    private static IEnumerable<(string Path, string Room, string Text, string Code)> Source([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src/McpDevBench"));
        foreach (var path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(root, path).Replace('\\', '/');
            if (relative.StartsWith("obj/", StringComparison.Ordinal) || relative.StartsWith("bin/", StringComparison.Ordinal))
                continue;
            var text = File.ReadAllText(path);
            yield return (relative, relative.Contains('/') ? relative[..relative.IndexOf('/')] : "", text, Comment().Replace(text, ""));
        }
    }

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"McpDevBench\.([A-Z]\w+)")]
    private static partial Regex OwnNamespace();

    [GeneratedRegex("""\[LoggerMessage\([^"\]]*"([^"]*)"\)\]""")]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"catch\s*(\([^)]*\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();
}
