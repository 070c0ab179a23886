using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>Every error in the source, read: each call that its message and hint name exists, with the arguments that they name.</summary>
public sealed partial class HintTests : IDisposable
{
    /// <summary>Accepted only to be refused with a reason.</summary>
    private const string RefusedArgument = "as_root";

    private readonly TestServer _server = TestServer.Whole(new() { ["MCP_TOOLSETS"] = ToolSelection.ToolsetNames });

    private Dictionary<string, HashSet<string>> Arguments => _server.Services.GetServices<McpServerTool>()
        .ToDictionary(tool => tool.ProtocolTool.Name, tool => NamesIn(tool.ProtocolTool.InputSchema).ToHashSet());

    [Fact]
    public void Hints_name_tools_and_arguments_that_exist()
    {
        var arguments = Arguments;
        var results = _server.Services.GetServices<McpServerTool>()
            .SelectMany(tool => tool.GetType().BaseType!.GetGenericArguments()[1].GetProperties())
            .Select(member => JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name));
        var known = arguments.Keys.Concat(arguments.Values.SelectMany(names => names))
            .Concat(results).Concat(ErrorCodes.Names).Append(RefusedArgument).ToHashSet();
        var wrong = from error in Errors()
                    from word in SnakeCase().Matches(error.Text).Select(match => match.Value).Distinct()
                    where !known.Contains(word)
                    select $"{error.Path}: '{word}' is neither a tool nor an argument, in: {error.Text}";
        Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    [Fact]
    public void An_argument_that_a_hint_gives_to_a_tool_is_one_of_that_tool()
    {
        var arguments = Arguments;
        var wrong = from error in Errors()
                    from match in WithArgument().Matches(error.Text)
                    let tool = match.Groups["tool"].Value
                    where arguments.TryGetValue(tool, out var names) && !names.Contains(match.Groups["argument"].Value)
                    select $"{error.Path}: {tool} has no argument '{match.Groups["argument"].Value}', in: {error.Text}";
        Assert.Equal([], wrong);
        // Were the errors written in another way, nothing would be read at all.
        Assert.Contains(Errors(), error => WithArgument().IsMatch(error.Text));
        Assert.True(Errors().Count() > 100, $"only {Errors().Count()} texts of errors were found");
    }

    public void Dispose() => _server.Dispose();

    /// <summary>The texts of every error that is created: its string literals, up to the end of the statement.</summary>
    internal static IEnumerable<(string Path, string Text)> Errors([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../src/McpDevBench"));
        return from path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
               let code = File.ReadAllText(path)
               from match in Creation().Matches(code)
               let end = code.IndexOf(";\n", match.Index, StringComparison.Ordinal)
               from literal in Literal().Matches(Rule().Replace(code[match.Index..(end < 0 ? code.Length : end)], ""))
               select (Path.GetRelativePath(root, path), literal.Groups[1].Value);
    }

    /// <summary>Names of properties, at every depth.</summary>
    private static IEnumerable<string> NamesIn(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return [];
        var own = schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().SelectMany(property => NamesIn(property.Value).Prepend(property.Name)) : [];
        return schema.TryGetProperty("items", out var items) ? own.Concat(NamesIn(items)) : own;
    }

    [GeneratedRegex(@"(new RequestException\(|=> new\(\s*ErrorCode\.|AgentStatus\.\w+ => \(ErrorCode\.)")]
    private static partial Regex Creation();

    /// <summary>A label of metrics, which no client reads.</summary>
    [GeneratedRegex("Rule = \"[^\"]*\"")]
    private static partial Regex Rule();

    [GeneratedRegex("""\$?"((?:[^"\\\n]|\\.)*)["]""")]
    private static partial Regex Literal();

    /// <summary>Not in capitals, which are settings, and not in braces, which are code.</summary>
    [GeneratedRegex(@"(?<![\w{./:])[a-z]+(?:_[a-z]+)+(?![\w(}/])")]
    private static partial Regex SnakeCase();

    [GeneratedRegex(@"\b(?<tool>spawn|attach|kill|list_\w+|exec\w*|fs_\w+)(?: again)? with (?<argument>[a-z_]+)=")]
    private static partial Regex WithArgument();
}
