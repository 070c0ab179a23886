using System.Globalization;
using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Checks a request to run a command, and makes it a message to the agent and a row.</summary>
internal sealed class ExecPlan(ExecOptions options, ExecKeys keys, TimeProvider time)
{
    public const int MinTimeoutSeconds = 1;

    /// <summary>How long the start may wait for a slot.</summary>
    public TimeSpan MaxQueueWait(ExecRequest request) => request.MaxQueueWait ?? options.StartQueueTimeout;

    public Exec Row(Workspace workspace, ExecRequest request, ExecStart start) => new()
    {
        Id = new ExecId(start.Key),
        ContainerId = workspace.Id,
        Owner = workspace.Owner,
        Command = CommandText.Kept(request.Cmd ?? ["sh", "-c", request.Shell!]),
        IsScript = request.Shell is not null,
        IsTerminal = request.Pty,
        StartedAt = time.GetUtcNow(),
        Timeout = start.TimeoutMs == 0 ? null : TimeSpan.FromMilliseconds(start.TimeoutMs),
        Notes = EndsWithTerminal(request) ? [ExecNotes.EndsWithTerminal] : [],
    };

    /// <param name="request">With one of cmd and shell, as the tools check.</param>
    /// <exception cref="RequestException">invalid_argument, or forbidden.</exception>
    public ExecStart Check(Workspace workspace, ExecRequest request)
    {
        if ((request.Cmd ?? [request.Shell!]).Any(argument => argument.Contains('\0', StringComparison.Ordinal)))
            throw new RequestException(
                ErrorCode.InvalidArgument, "The command contains a NUL character.",
                "Write binary data to a file with fs_write, and pass its path.");
        if (request.AsRoot)
            throw new RequestException(
                ErrorCode.Forbidden, "as_root=true is not allowed on this server.",
                "Run it as the workspace's user; what needs root must be in the image.") { Rule = "root" };
        SpawnPlan.CheckEnvironment(request.Env);
        var byDefault = request.MayRunForever ? options.DefaultStartTimeout : options.DefaultTimeout;
        var timeout = request.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : byDefault;
        if (timeout < TimeSpan.FromSeconds(MinTimeoutSeconds) || timeout > options.MaxTimeout)
            throw SpawnPlan.Invalid(
                "timeout_s", timeout.Value.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                $"from {MinTimeoutSeconds} to {options.MaxTimeout.TotalSeconds:0}");
        var env = new Dictionary<string, string>(workspace.Env, StringComparer.Ordinal);
        if (request.Pty)
            env["TERM"] = "xterm-256color";
        foreach (var (name, value) in request.Env)
            env[name] = value;
        return new ExecStart(
            keys.New(workspace.Id).Value, [.. request.Cmd ?? ["sh", "-c", request.Shell!]],
            [.. env.Select(pair => $"{pair.Key}={pair.Value}")],
            WorkingFolder.Of(request.Cwd, env),
            StdinOpen: request.StdinOpen || request.Stdin is not null, request.Pty, (ushort)request.Rows, (ushort)request.Cols,
            (uint)(timeout?.TotalMilliseconds ?? 0), (uint)options.TimeoutGrace.TotalMilliseconds,
            (uint)options.DrainWindow.TotalMilliseconds)
        {
            PrefersBash = request.Shell is not null,
            Reporting = ScriptOf(request) is { } script ? PipeScript.Reporting(script, env.Keys) ?? "" : "",
        };
    }

    private static bool EndsWithTerminal(ExecRequest request) =>
        request.Pty && ScriptOf(request) is { } script && ScriptReader.HasBackground(script);

    /// <summary>The script, if bash runs it.</summary>
    private static string? ScriptOf(ExecRequest request) => request switch
    {
        { Shell: { } script } => script,
        { Cmd: ["bash" or "/bin/bash" or "/usr/bin/bash", "-c" or "-lc" or "-ec" or "-euc" or "-lec", var script, ..] } => script,
        _ => null,
    };
}
