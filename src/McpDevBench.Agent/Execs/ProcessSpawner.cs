using System.Runtime.InteropServices;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>A process that has just been started, and the agent's ends of its streams (-1: none).</summary>
/// <param name="Shell">Which shell runs the script; empty for a program.</param>
/// <param name="Report">The file in which bash reports on its pipes.</param>
internal readonly record struct StartedProcess(
    int Pid, ulong Mark, int Stdin, int Stdout, int Stderr, int Report, string Shell, long AtMicroseconds);

/// <summary>Starts the leaders of execs, one at a time, as the workload's user.</summary>
/// <param name="identity">Null: as the agent's user.</param>
/// <param name="wakeLoop">From any thread: <see cref="Deadline"/> is earlier now.</param>
internal sealed unsafe class ProcessSpawner(Marks marks, UserIds? identity, int workspace, Action wakeLoop)
{
    /// <summary>
    /// A child that takes longer to execute its program is killed: just before that it has the workload's user, and may have been stopped.
    /// </summary>
    private const int LaunchMs = 3_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Action<ProcessExit>> _leaders = [];
    private readonly Launch* _launch = (Launch*)NativeMemory.AllocZeroed((nuint)sizeof(Launch));
    private long _deadline = Clock.Never;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public long Deadline => Volatile.Read(ref _deadline);

    /// <summary>
    /// On a worker. <paramref name="permit"/> throws if it must not be started any more; <paramref name="started"/> runs before anyone can
    /// learn that the process has ended.
    /// </summary>
    public void Spawn(ExecStart request, Action permit, Action<StartedProcess> started, Action<ProcessExit> ended)
    {
        if (request.Argv.Count == 0 || request.Argv.First().Length == 0)
            throw new OperationException(AgentStatus.Invalid, "argv must name a program");
        using var cwd = WorkingDirectory.Open(workspace, request.Cwd);
        using var streams = request.Pty ? ExecStreams.Terminal(request.Rows, request.Columns) : ExecStreams.Pipes(request.StdinOpen);
        var (program, shell, arguments) = Resolve(cwd, request, streams);
        using var argv = new StringBlock(arguments);
        using var env = new StringBlock(request.Env);
        lock (_gate)
        {
            permit();
            var mark = marks.Next();
            *_launch = new Launch { Arguments = argv.Pointers, Environment = env.Pointers, WorkingDirectory = cwd, Mark = (uint)mark };
            if (identity is not null)
                (_launch->ChangesUser, _launch->User, _launch->Group) = (1, identity.Workload, identity.Group);
            streams.Describe(ref *_launch);
            var error = Start(program, streams.TerminalPath);
            if (error != 0)
            {
                marks.Forget(mark);
                throw ProgramLookup.ToException(error, arguments.First());
            }
            var pid = _launch->Pid;
            _leaders[pid] = ended;
            var (stdin, stdout, stderr, report) = streams.Detach();
            started(new StartedProcess(pid, mark, stdin, stdout, stderr, report, shell, Clock.Microseconds));
        }
    }

    /// <summary>On the loop's thread.</summary>
    public void Tick(long now)
    {
        if (Deadline > now)
            return;
        Volatile.Write(ref _deadline, Clock.Never);
        // Its number is its own until the reaper takes it, which waits for the spawn to end.
        if (Volatile.Read(ref _launch->Pid) is > 0 and var pid)
            Libc.kill(pid, Abi.SIGKILL);
    }

    public void Forget(ulong mark) => marks.Forget(mark);

    private int Start(byte[] program, byte[] terminal)
    {
        Volatile.Write(ref _deadline, Clock.Milliseconds + LaunchMs);
        wakeLoop();
        fixed (byte* path = program, terminalPath = terminal)
        {
            _launch->Program = path;
            _launch->Terminal = terminalPath;
            var error = Libc.devbench_launch(_launch);
            Volatile.Write(ref _deadline, Clock.Never);
            return error;
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
    public Action<ProcessExit>? TakeLeader(int pid)
    {
        // Waits for a spawn that is under way: its process may have ended already.
        lock (_gate)
            return _leaders.Remove(pid, out var ended) ? ended : null;
    }
}
