using McpDevBench.Mcp;

namespace McpDevBench.Benchmarks;

/// <summary>The tool <c>exec</c> without the command: binds its arguments and answers, as the real one does, at once.</summary>
internal sealed class Probe() : TypedTool<ExecArguments, ExecToolResult>(
    ExecTool.Facts, McpJson.Default.ExecArguments, McpJson.Default.ExecToolResult)
{
    public const string Arguments = """{"container_id":"c_0123456789abcdef","cmd":["python3","-m","pytest","-q"],"cwd":"/workspace/project","timeout_s":120,"wait_ms":20000}""";

    private static readonly ExecToolResult _result = new("e_0123456789abcdef", "exited", "42 passed in 1.31s\n", "", 1, "exited", 0);

    protected override string? TargetOf(ExecArguments arguments) => arguments.Cmd?.FirstOrDefault();

    protected override Task<ExecToolResult> CallAsync(ExecArguments arguments, ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult(_result);

    protected override string Render(ExecToolResult result) => result.Stdout;
}
