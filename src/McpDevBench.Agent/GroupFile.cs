using System.Globalization;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent;

/// <summary>
/// The container's group database: the image's groups, and behind them room for names of the commands' groups. It is written as root; an
/// open descriptor leads it into the agent's second execution, where names are added through it.
/// </summary>
internal static unsafe class GroupFile
{
    private const string Variable = "DEVBENCH_AGENT_GROUP_FILE";

    /// <summary>As <c>LayerBuilder</c> of the server limits it, and room for its own lines.</summary>
    private const int MaxBytes = (1 << 20) + 4096;

    private const uint Mode = 0x1a4; // 0644

    /// <summary>As root, with every other descriptor set to be closed.</summary>
    /// <returns>For the environment of the second execution; null if the layer has no groups, as an older server's.</returns>
    public static string? Write(PasswdFile passwd)
    {
        var content = new byte[MaxBytes];
        var length = ProcFile.Read(Text.Z($"{passwd.Parts}/group"), content);
        if (length <= 0)
            return null;
        if (content[length - 1] != '\n')
            content[length++] = (byte)'\n';
        int file;
        fixed (byte* path = Text.Z($"{passwd.Path[..passwd.Path.LastIndexOf('/')]}/group"))
            file = Libc.openat(Abi.AT_FDCWD, path, Abi.O_WRONLY | Abi.O_CREAT | Abi.O_TRUNC | Abi.O_NOFOLLOW, Mode);
        if (file < 0)
            return null;
        try
        {
            Fd.WriteFully(file, content.AsSpan(0, length), default);
            return $"{Variable}={file}:{length}";
        }
        catch (OperationException)
        {
            Libc.close(file);
            return null;
        }
    }

    /// <summary>In the second execution.</summary>
    public static GroupNames? Open()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(':') is not [var file, var end]
            || !uint.TryParse(file, NumberStyles.None, CultureInfo.InvariantCulture, out var fd)
            || !uint.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || Libc.fcntl((int)fd, Abi.F_SETFD, Abi.FD_CLOEXEC) != 0)
            return null;
        return new GroupNames((int)fd, offset);
    }
}
