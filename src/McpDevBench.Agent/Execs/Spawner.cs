using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>A process that has just been started, and the agent's ends of its streams (-1: none).</summary>
/// <param name="Shell">Which shell runs the script; empty for a program.</param>
/// <param name="Report">The file in which bash reports on its pipes.</param>
internal readonly record struct Spawned(
    int Pid, ulong Mark, int Stdin, int Stdout, int Stderr, int Report, string Shell, long AtMicroseconds);

/// <summary>Starts the leaders of execs, one at a time: the mark and the OOM score are the agent's own while it does.</summary>
internal sealed unsafe class Spawner(Marks marks, OomScore oomScore, int workspace)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Action<Ending>> _leaders = [];

    /// <summary>
    /// On a worker. <paramref name="permit"/> throws if it must not be started any more; <paramref name="started"/> runs before anyone can
    /// learn that the process has ended.
    /// </summary>
    public void Spawn(ExecStart request, Action permit, Action<Spawned> started, Action<Ending> ended)
    {
        if (request.Argv.Count == 0 || request.Argv.First().Length == 0)
            throw new RefusalException(AgentStatus.Invalid, "argv must name a program");
        using var cwd = WorkingDirectory.Open(workspace, request.Cwd);
        using var streams = request.Pty ? ExecStreams.Terminal(request.Rows, request.Columns) : ExecStreams.Pipes(request.StdinOpen);
        var (program, shell, arguments) = Resolve(cwd, request, streams);
        using var argv = new StringBlock(arguments);
        using var env = new StringBlock(request.Env);
        using var plan = new SpawnPlan(cwd, streams);
        lock (_gate)
        {
            var mark = marks.Next();
            int pid, error;
            permit();
            oomScore.Raise();
            fixed (byte* path = program)
                error = Libc.posix_spawn(&pid, path, plan.Actions, plan.Attributes, argv.Pointers, env.Pointers);
            oomScore.Restore();
            if (error != 0)
                throw ProgramLookup.Refuse(error, arguments.First());
            _leaders[pid] = ended;
            var (stdin, stdout, stderr, report) = streams.Detach();
            started(new Spawned(pid, mark, stdin, stdout, stderr, report, shell, Clock.Microseconds));
        }
    }

    private static (byte[] Program, string Shell, IReadOnlyCollection<string> Arguments) Resolve(
        Fd cwd, ExecStart request, ExecStreams streams)
    {
        var (program, shell, arguments) = (default(byte[]), "", request.Argv.ToArray());
        if (request.PrefersBash && arguments.Length == 3)
        {
            (program, shell) = ProgramLookup.FindShell(cwd, request);
            arguments[0] = shell;
        }
        program ??= ProgramLookup.Find(cwd, request, arguments[0]);
        if (request.Reporting.Length > 0 && arguments.Length > 2 && shell != "sh" && streams.TryAddReport())
            arguments[2] = request.Reporting;
        return (program, shell, arguments);
    }

    /// <summary>The continuation of a leader that has ended, or nothing for any other process.</summary>
    public Action<Ending>? TakeLeader(int pid)
    {
        // Waits for a spawn that is under way: its process may have ended already.
        lock (_gate)
            return _leaders.Remove(pid, out var ended) ? ended : null;
    }
}
