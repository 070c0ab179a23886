using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>Finds the program of an exec in the PATH of its own environment, and reports why it cannot be started.</summary>
internal static unsafe class ProgramLookup
{
    public const string Bash = "bash";

    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <returns>The program's path, NUL-terminated; relative to the working directory if it is relative.</returns>
    public static byte[] Find(Fd cwd, ExecStart request, string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            var path = Text.Z(name);
            return Probe(cwd, path) switch
            {
                0 => path,
                var error => throw ToException(error, name),
            };
        }
        var variable = request.Env.LastOrDefault(entry => entry.StartsWith("PATH=", StringComparison.Ordinal));
        var search = variable?["PATH=".Length..] ?? DefaultPath;
        var worst = Errno.ENOENT;
        foreach (var directory in search.Split(':'))
        {
            var path = Text.Z(directory.Length == 0 ? "./" + name : $"{directory}/{name}");
            var error = Probe(cwd, path);
            if (error == 0)
                return path;
            if (error == Errno.EACCES)
                worst = error;
        }
        throw worst == Errno.EACCES
            ? new OperationException(AgentStatus.CannotStart, $"{name}: found in PATH, but not executable")
            : new OperationException(AgentStatus.CannotStart, $"{name}: not found in PATH ({search})");
    }

    /// <summary>A shell for a script: bash where it is in PATH, else sh.</summary>
    public static (byte[] Program, string Name) FindShell(Fd cwd, ExecStart request)
    {
        try
        {
            return (Find(cwd, request, Bash), Bash);
        }
        catch (OperationException)
        {
            return (Find(cwd, request, "sh"), "sh");
        }
    }

    public static OperationException ToException(int error, string name) => error switch
    {
        Errno.ENOENT => new(AgentStatus.CannotStart, $"{name}: not found, or the interpreter that it needs is not there"),
        Errno.ENOTDIR or Errno.ELOOP or Errno.ENAMETOOLONG => new(AgentStatus.CannotStart, $"{name}: not found"),
        Errno.EACCES or Errno.EPERM or Errno.EISDIR => new(AgentStatus.CannotStart, $"{name}: is not an executable file"),
        Errno.ENOEXEC => new(AgentStatus.CannotStart, $"{name}: not in a format that this machine can run (a script needs a #! line)"),
        Errno.ETXTBSY => new(AgentStatus.CannotStart, $"{name}: is open for writing"),
        Errno.E2BIG => new(AgentStatus.TooLarge, $"{name}: arguments and environment are too long"),
        Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE
            => new(AgentStatus.Exhausted, $"{name}: the workspace has no process or memory left for it"),
        _ => new(AgentStatus.CannotStart, $"{name}: cannot be started, system error {error}"),
    };

    private static int Probe(Fd cwd, byte[] path)
    {
        if (path.AsSpan().IndexOf((byte)0) != path.Length - 1)
            throw new OperationException(AgentStatus.Invalid, "the program's name cannot contain NUL");
        fixed (byte* name = path)
        {
            Statx stat;
            if (Libc.statx(cwd, name, 0, Abi.STATX_BASIC, &stat) != 0)
                return Errno.Last;
            if ((stat.Mode & Abi.S_IFMT) != Abi.S_IFREG)
                return Errno.EACCES;
            return Libc.faccessat(cwd, name, Abi.X_OK, Abi.AT_EACCESS) == 0 ? 0 : Errno.Last;
        }
    }
}
