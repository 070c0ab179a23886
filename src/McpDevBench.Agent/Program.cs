using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent;

return args switch
{
    ["--version"] => Print(1, $"devbench-agent {AgentVersion.Text}", code: 0),
    ["serve", .. var options] when Options.TryRead(options, out var parsed) => AgentHost.Run(parsed),
    ["bridge", .. var options] when Options.TryRead(options, out var parsed) && parsed.Workspace == Options.DefaultWorkspace
        => Bridge.Run(parsed.Socket),
    _ => Print(
        2,
        "usage: devbench-agent serve [--workspace DIR] [--socket NAME] "
            + "[--user UID [--group GID] --agent-user UID [--passwd FILE --passwd-parts DIR]] | bridge [--socket NAME] | --version",
        code: 2),
};

static unsafe int Print(int fd, string line, int code)
{
    fixed (byte* text = Encoding.UTF8.GetBytes(line + "\n"))
        Libc.write(fd, text, Encoding.UTF8.GetByteCount(line) + 1);
    return code;
}
