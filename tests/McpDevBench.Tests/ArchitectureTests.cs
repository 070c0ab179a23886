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
        ["Workspaces"] = ["Engine", "Agents", "Storage", "Audit", "Observability"],
        ["Execs"] = ["Workspaces", "Agents", "AgentProtocol", "Storage", "Audit", "Observability"],
        ["Files"] = ["Workspaces", "Agents", "AgentProtocol", "Observability"],
        ["Agents"] = ["Engine", "AgentProtocol", "Observability"],
        ["Engine"] = ["Observability"],
        ["Storage"] = ["Observability"],
        ["Audit"] = ["Storage", "Observability"],
        ["Access"] = ["Observability"],
        ["Observability"] = [],
        ["Vocabulary"] = [],
    };

    /// <summary>Which rooms a file beside the rooms may use.</summary>
    private static readonly Dictionary<string, string[]> _rootArrows = new()
    {
        ["Program.cs"] = ["Cli"],
        ["DevBenchServer.cs"] =
            ["Mcp", "Calls", "Workspaces", "Execs", "Files", "Agents", "Engine", "Storage", "Audit", "Access", "Observability"],
        ["BackgroundServices.cs"] = ["Workspaces", "Execs", "Storage", "Audit", "Observability"],
    };

    /// <summary>Which room writes a table of SQLite, and which others may read it.</summary>
    private static readonly Dictionary<string, (string Owner, string[] Readers)> _tables = new()
    {
        ["containers"] = ("Workspaces", []),
        ["kept_volumes"] = ("Workspaces", []),
        ["attachments"] = ("Workspaces", []),
        ["birth"] = ("Workspaces", []),
        // A workspace whose exec runs is in use.
        ["execs"] = ("Execs", ["Workspaces"]),
        ["idempotency_keys"] = ("Storage", []),
        ["probe"] = ("Storage", []),
        ["sqlite_master"] = ("Storage", []),
        ["audit"] = ("Audit", []),
        ["marks"] = ("Audit", []),
    };

    /// <summary>
    /// Where texts leave the server, and so are redacted: log and traces, the audit log, its record of a command line, and the engine's
    /// address, which is the operator's, in an error for a caller.
    /// </summary>
    private static readonly string[] _redaction =
        ["Observability/", "Audit/AuditText.cs", "Mcp/ExecTools.cs", "Engine/DockerEngine.cs", "DevBenchServer.cs"];

    /// <summary>
    /// Which rooms may use a library; the files beside the rooms may use none of these but the MCP SDK. A *Store.cs, where SQL lives, may
    /// use SQLite's types.
    /// </summary>
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
        foreach (var file in Source().Where(file => file.Folder.Length > 0))
        {
            var allowed = _arrows.GetValueOrDefault(file.Folder, []);
            foreach (var used in OwnNamespace().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct())
            {
                if (used != file.Folder && used != "Vocabulary" && (_arrows.ContainsKey(used) || used == "AgentProtocol")
                    && !allowed.Contains(used))
                    wrong.Add($"{file.Path} uses {used}, but {file.Folder} may use only: {string.Join(", ", allowed.DefaultIfEmpty("nothing of ours"))}. Move the code to the room that it belongs to, or hand the value in.");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Files_beside_the_rooms_use_only_what_the_plan_allows_and_only_the_command_line_uses_them()
    {
        var wrong = new List<string>();
        var root = Source().Where(file => file.Folder.Length == 0).ToList();
        foreach (var file in root)
        {
            if (!_rootArrows.TryGetValue(file.Path, out var allowed))
            {
                wrong.Add($"{file.Path} is in no room. Move it to the room that it belongs to.");
                continue;
            }
            var used = OwnNamespace().Matches(file.Code).Select(match => match.Groups[1].Value).Distinct();
            wrong.AddRange(used.Where(room => _arrows.ContainsKey(room) && room != "Vocabulary" && !allowed.Contains(room))
                .Select(room => $"{file.Path} uses {room}, but may use only: {string.Join(", ", allowed)}."));
        }
        var types = root.SelectMany(file => DeclaredType().Matches(file.Code)).Select(match => match.Groups[1].Value).ToHashSet();
        wrong.AddRange(
            from file in Source()
            where file.Folder is not ("" or "Cli")
            from type in types
            where Regex.IsMatch(file.Code, $@"(?<![\w.]){type}\b")
            select $"{file.Path} uses {type} of the files beside the rooms, which only Cli may.");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_room_may_use_Vocabulary_which_uses_none()
    {
        var project = File.ReadAllText(Path.Combine(SourceFile.FolderOf("McpDevBench"), "McpDevBench.csproj"));
        Assert.Equal("McpDevBench.Vocabulary", Assert.Single(GlobalUsing().Matches(project)).Groups[1].Value);
        Assert.DoesNotContain(Source(), file => file.Code.Contains("global using", StringComparison.Ordinal));
        var wrong = from file in Source()
                    where file.Folder == "Vocabulary"
                    from room in _arrows.Keys
                    where room != "Vocabulary" && Regex.IsMatch(file.Code, $@"(?<![\w.]){room}\.[A-Z]")
                    select $"{file.Path} uses {room}. Move the code to that room, or hand the value in.";
        Assert.Empty(wrong);
    }

    [Fact]
    public void A_table_is_written_by_one_room()
    {
        var wrong = new List<string>();
        foreach (var file in Source())
        {
            foreach (Match match in Statement().Matches(file.Code))
            {
                var (verb, table) = (match.Groups[1].Value, match.Groups[2].Value);
                if (!_tables.TryGetValue(table, out var access))
                    wrong.Add($"{file.Path} uses the table {table}. Write down in this test whose it is.");
                else if (file.Folder != access.Owner && (verb is not ("FROM" or "JOIN") || !access.Readers.Contains(file.Folder)))
                    wrong.Add($"{file.Path} uses the table {table} ({verb}), which is {access.Owner}'s. Ask that room for what you need.");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        var tables = Directory.EnumerateFiles(SourceFile.FolderOf("McpDevBench"), "*.sql", SearchOption.AllDirectories)
            .SelectMany(path => CreatedTable().Matches(File.ReadAllText(path))).Select(match => match.Groups[1].Value);
        Assert.Empty(tables.Except(_tables.Keys));
    }

    [Fact]
    public void Texts_are_redacted_where_they_leave_the_server()
    {
        var wrong = Source().Where(file => Redaction().IsMatch(file.Code) && !_redaction.Any(file.Path.StartsWith))
            .Select(file => $"{file.Path} redacts a text. Give it on as it is: the log, the audit log and the traces redact what leaves.");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Libraries_are_used_only_where_the_plan_allows()
    {
        var wrong = from file in Source()
                    from library in _libraries
                    where !library.Value.Contains(file.Folder) && !(
                        library.Key == "Microsoft.Data.Sqlite" && file.Path.EndsWith("Store.cs", StringComparison.Ordinal))
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
        var unknown = Source().Select(file => file.Folder).Distinct().Where(room => room.Length > 0 && !_arrows.ContainsKey(room))
            .Select(room => $"{room} is a room without a plan. Say in this test, and in the architecture's table, what it may use.");
        Assert.Empty(unknown);
    }

    [Fact]
    public void Files_can_be_read_at_once()
    {
        var wrong = Source().Select(
            file => (file.Path, Lines: file.Text.Count(letter => letter == '\n'))).Where(file => file.Lines > MaximumLines)
            .Select(file => $"{file.Path} has {file.Lines} lines; {MaximumLines} is the most. Find the second thing that it does, and give it a file of its own.");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_swallows_failures()
    {
        var wrong = Source().Where(file => EmptyCatch().IsMatch(file.Text)).Select(
            file => $"{file.Path} has an empty catch. Let the failure pass, or say in the block what is done about it.");
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

    private static IEnumerable<SourceFile> Source() => SourceFile.Of("McpDevBench");

    [GeneratedRegex(@"McpDevBench\.([A-Z]\w+)")]
    private static partial Regex OwnNamespace();

    [GeneratedRegex(@"\b(?:class|record|struct|enum|interface)\s+([A-Z]\w+)")]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"<Using Include=""([^""]+)""")]
    private static partial Regex GlobalUsing();

    /// <summary>DELETE FROM before FROM: deleting is writing.</summary>
    [GeneratedRegex(@"\b(DELETE FROM|FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)\b")]
    private static partial Regex Statement();

    [GeneratedRegex(@"CREATE TABLE ([a-z_]+)")]
    private static partial Regex CreatedTable();

    [GeneratedRegex(@"\b(?:SecretRedactor|CommandSecrets|SecretScanner)\b")]
    private static partial Regex Redaction();

    [GeneratedRegex("""\[LoggerMessage\([^"\]]*"([^"]*)"\)\]""")]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"catch\s*(\([^)]*\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();
}
