using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpDevBench.Workspaces;
using McpDevBench.Mcp;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests.Mcp;

/// <summary>Whatever a model reads names only tools that this server offers.</summary>
public sealed partial class ToolNamesTests
{
    private static readonly string[] _toolsets = ["workspace", "exec", "files", "operator"];

    public static TheoryData<string, bool, string> Selections()
    {
        var selections = new TheoryData<string, bool, string>();
        for (var bits = 1; bits < 1 << _toolsets.Length; bits++)
        {
            var names = string.Join(',', _toolsets.Where((_, index) => (bits >> index & 1) == 1));
            selections.Add(names, false, "");
            selections.Add(names, true, "");
        }
        foreach (var denied in new[] { "kill", "exec_poll", "spawn", "fs_read,fs_list", "list_*", "exec_*", "fs_*" })
            selections.Add("workspace,exec,files,operator", false, denied);
        return selections;
    }

    [Theory]
    [MemberData(nameof(Selections))]
    public async Task Instructions_lists_and_prompts_name_only_tools_that_are_offered(string toolsets, bool readOnly, string deny)
    {
        using var server = TestServer.Whole(Settings(toolsets, readOnly, deny));
        var missing = Missing(Selection(toolsets, readOnly, deny));
        var mcp = server.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<McpServerOptions>>().Value;
        AssertNamesNone(missing, mcp.ServerInstructions!);
        Assert.True(mcp.ServerInstructions!.Length > 200);
        var tools = server.Services.GetServices<McpServerTool>().Select(tool => tool.ProtocolTool).ToList();
        McpRequestHandler<ListToolsRequestParams, ListToolsResult> list =
            (_, _) => ValueTask.FromResult(new ListToolsResult { Tools = tools });
        foreach (var filter in mcp.Filters.Request.ListToolsFilters)
            list = filter(list);
        var listed = (await list(null!, TestContext.Current.CancellationToken)).Tools;
        Assert.Equal(tools.Count, listed.Count);
        foreach (var tool in listed)
        {
            AssertNamesNone(missing, tool.Description!);
            Assert.True(tool.Description!.Length > 10, tool.Name);
            AssertNamesNone(missing, tool.InputSchema.GetRawText());
        }
        var options = server.Services.GetRequiredService<WorkspaceOptions>();
        foreach (var prompt in DevBenchPrompt.Create(options, new ImagePolicy(options), Selection(toolsets, readOnly, deny).Names()))
            AssertNamesNone(missing, prompt.Write(name => name == "container_id" ? "proj" : null) + prompt.Write(_ => null));
        foreach (var resource in server.Services.GetServices<McpServerResource>())
            AssertNamesNone(missing, resource.ProtocolResourceTemplate.Description!);
    }

    [Theory]
    [MemberData(nameof(Selections))]
    public void Hints_name_only_tools_that_are_offered(string toolsets, bool readOnly, string deny)
    {
        var selection = Selection(toolsets, readOnly, deny);
        var (missing, names) = (Missing(selection), selection.Names());
        foreach (var (_, text) in HintTests.Errors().Concat(Notes()))
            AssertNamesNone(missing, names.In(text.Replace("\\\"", "\"", StringComparison.Ordinal)));
        ToolNames.Current = names;
        Assert.All(HintTests.Errors(), error => Assert.NotEqual("", error.Text.Length == 0 ? "-" : ToolNames.Hint(error.Text)));
        ToolNames.Current = null;
    }

    [Theory]
    [InlineData("Call list_containers to see yours, or spawn for a new one.", "Call list_containers to see yours.")]
    [InlineData("It has ended; exec_poll has its output.", "It has ended.")]
    [InlineData("Look (list_containers, list_execs, fs_stat); then call again.", "Look (list_containers, fs_stat); then call again.")]
    [InlineData("Use a path below /workspace; other files of the image can be read with exec.", "Use a path below /workspace.")]
    [InlineData("Call spawn again.", "")]
    [InlineData("Pass the etag from fs_stat, fs_read or fs_write as if_match.", "Pass the etag from fs_stat or fs_read as if_match.")]
    [InlineData("Next: exec_poll after_seq=3.", "")]
    [InlineData("The image's files and its executables stay.", "The image's files and its executables stay.")]
    public void A_text_loses_what_names_a_tool_that_is_not_offered(string text, string left) =>
        Assert.Equal(left, Selection("workspace,files", readOnly: true, "").Names().In(text));

    [Fact]
    public async Task An_error_has_its_hint_without_them_in_both_forms()
    {
        using var server = await TestServer.StartAsync(
            new() { ["MCP_READ_ONLY"] = "true" }, contract => contract.Services.AddSingleton<McpServerTool>(new Refusing()));
        var result = (await RawCall.ToolAsync(server, "fs_stat"))["result"]!;
        Assert.Equal("Call list_containers to see yours.", (string?)result["structuredContent"]!["error"]!["hint"]);
        Assert.DoesNotContain("spawn", (string?)result["content"]![0]!["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_in_a_result_is_without_them_in_both_forms()
    {
        using var server = await TestServer.StartAsync(
            new() { ["MCP_READ_ONLY"] = "true" }, contract => contract.Services.AddSingleton<McpServerTool>(new Noting()));
        var result = (await RawCall.ToolAsync(server, "fs_stat"))["result"]!;
        Assert.Equal("It grows.", (string?)result["structuredContent"]!["part"]!["hint"]);
        Assert.Equal("the content spawn\nNote: It grows.", (string?)result["content"]![0]!["text"]);
    }

    /// <summary>Texts about tools in results go through the same.</summary>
    [Fact]
    public void A_rendered_text_that_names_a_tool_is_checked_against_those_that_are_offered()
    {
        var names = ToolCatalogue.All.Select(one => one.Name).Where(name => name != "metrics");
        var tool = new Regex($@"(?<![\w./=-])(?:{string.Join('|', names)})(?![\w/=-]|\.\w|://)");
        var wrong = from file in Sources()
                    let code = File.ReadAllText(file)
                    from render in Render().Matches(code)
                    let end = code.IndexOf(render.Groups["arrow"].Success ? ";\n" : "\n    }\n", render.Index, StringComparison.Ordinal)
                    from line in code[render.Index..end].Split('\n')
                    where !line.Contains("ToolNames.", StringComparison.Ordinal)
                    from literal in Literal().Matches(line)
                    where literal.Value.Contains(' ', StringComparison.Ordinal) && tool.IsMatch(literal.Value)
                    select $"{Path.GetFileName(file)}: {line.Trim()}";
        Assert.Equal([], wrong.Distinct());
    }

    private static IEnumerable<(string Path, string Text)> Notes() =>
        from file in Sources("Execs").Concat(Sources("Mcp")).Concat(Sources("Workspaces"))
        let code = File.ReadAllText(file)
        from literal in Literal().Matches(code)
        where literal.Value.Contains(". ", StringComparison.Ordinal)
        select (file, literal.Value.Trim('$', '"'));

    private static IEnumerable<string> Sources(string room = "Mcp", [CallerFilePath] string here = "") => Directory.EnumerateFiles(
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, $"../../../src/McpDevBench/{room}")), "*.cs");

    private static Dictionary<string, string?> Settings(string toolsets, bool readOnly, string deny) => new()
    {
        ["MCP_TOOLSETS"] = toolsets,
        ["MCP_READ_ONLY"] = readOnly ? "true" : "false",
        ["MCP_TOOLS_DENY"] = deny,
    };

    private static ToolSelection Selection(string toolsets, bool readOnly, string deny) => ToolSelection.Read(
        new Settings(new ConfigurationBuilder().AddInMemoryCollection(Settings(toolsets, readOnly, deny)).Build()));

    private static string[] Missing(ToolSelection selection) =>
        [.. ToolCatalogue.All.Where(tool => !selection.Offers(tool)).Select(tool => tool.Name).Where(name => name != "metrics")];

    private static void AssertNamesNone(string[] missing, string text)
    {
        foreach (var name in missing)
            Assert.False(Regex.IsMatch(text, $@"(?<![\w./=-]){name}(?![\w/=-]|,\w|\.\w|://)"), $"{name} is named in: {text}");
    }

    [GeneratedRegex(@"string (?:Render|Line|Kept|Applied|Restored)\([^()]*\)\s*(?<arrow>=>)?")]
    private static partial Regex Render();

    [GeneratedRegex("""\$?"((?:[^"\\\n]|\\.)*)["]""")]
    private static partial Regex Literal();

    private sealed class Refusing() : DevBenchTool(FsStatTool.Facts)
    {
        public override Tool ProtocolTool { get; } = new() { Name = "fs_stat", Annotations = FsStatTool.Facts.Annotations };

        public override ArgumentShape Shape => throw new NotSupportedException();

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) => throw new RequestException(
                ErrorCode.ContainerNotFound, "There is no workspace 'a'.", "Call list_containers to see yours, or spawn for a new one.");
    }

    private sealed class Noting() : DevBenchTool(FsStatTool.Facts)
    {
        public override Tool ProtocolTool { get; } = new() { Name = "fs_stat", Annotations = FsStatTool.Facts.Annotations };

        public override ArgumentShape Shape => throw new NotSupportedException();

        public override ValueTask<CallToolResult> InvokeAsync(
            RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(new CallToolResult
        {
            Content = [new TextContentBlock { Text = "the content spawn\nNote: It grows. Call spawn again." }],
            StructuredContent = JsonElement.Parse(
                """{"content":"the content spawn","part":{"hint":"It grows. Call spawn again."}}"""),
        });
    }
}
