using System.Buffers.Text;
using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>The processes of an exec at one moment.</summary>
/// <param name="count">All of them.</param>
/// <param name="named">The first of them, by name.</param>
internal sealed class Survivors(int count, IReadOnlyList<ExecProcess> named)
{
    public int Count => count;

    public IReadOnlyList<ExecProcess> Named => named;
}

/// <summary>Asks which processes of an exec are alive. Answered on the killer's thread; one scan answers all that wait.</summary>
internal sealed class SurvivorQuery(ulong mark, Action<Survivors> answered)
{
    public void Answer(List<MarkedProcess> found)
    {
        var count = 0;
        var named = new List<ExecProcess>();
        foreach (var process in found)
        {
            if (process.Mark != mark || !ProcessStatus.IsAlive(process.Pid))
                continue;
            count++;
            if (named.Count < ExecBackground.MaxProcesses)
                named.Add(new ExecProcess(process.Pid, NameOf(process.Pid)));
        }
        answered(new Survivors(count, named));
    }

    /// <summary>The command line, cut; the short name where there is none.</summary>
    private static string NameOf(int pid)
    {
        Span<byte> text = stackalloc byte[ExecProcess.MaxName + 1];
        var length = Read(pid, "/cmdline\0"u8, text);
        if (length <= 0)
            length = Read(pid, "/comm\0"u8, text);
        var name = text[..Math.Max(0, length)];
        name.Replace((byte)0, (byte)' ');
        return Cut(name);
    }

    /// <summary>Cut where a character ends; a name of other bytes is shown as far as it is text.</summary>
    public static string Cut(ReadOnlySpan<byte> name)
    {
        var shown = Encoding.UTF8.GetString(name[..Math.Min(name.Length, ExecProcess.MaxName)]).TrimEnd(' ', '\n', '\uFFFD');
        while (Encoding.UTF8.GetByteCount(shown) > ExecProcess.MaxName)
            shown = shown[..^1];
        return shown;
    }

    private static int Read(int pid, ReadOnlySpan<byte> file, Span<byte> to)
    {
        Span<byte> path = stackalloc byte[32];
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path[6..], out var digits);
        file.CopyTo(path[(6 + digits)..]);
        return ProcFile.Read(path, to);
    }
}
