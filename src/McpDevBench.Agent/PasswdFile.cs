using System.Text;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent;

/// <summary>
/// The container's user database. All workspaces of an image share what is before and after the number of their user; the number itself
/// is a workspace's own.
/// </summary>
/// <param name="path">The file to write, below a folder of root's.</param>
/// <param name="parts">A folder with <c>head</c> and <c>tail</c>.</param>
internal sealed unsafe class PasswdFile(string path, string parts)
{
    public string Path => path;

    public string Parts => parts;

    /// <summary>As <c>LayerBuilder</c> of the server limits it, and room for what it adds.</summary>
    private const int MaxBytes = (1 << 20) + 4096;

    private const uint Mode = 0x1a4; // 0644

    /// <summary>As root, before the agent becomes its own user: afterwards no process in the container can change the file.</summary>
    /// <returns>False: it cannot be read or written.</returns>
    public bool Write(uint user)
    {
        var content = new byte[(2 * MaxBytes) + 16];
        var head = ProcFile.Read(Text.Z($"{Parts}/head"), content.AsSpan(0, MaxBytes));
        if (head < 0)
            return false;
        var end = head + Encoding.UTF8.GetBytes($"{user}", content.AsSpan(head));
        var tail = ProcFile.Read(Text.Z($"{Parts}/tail"), content.AsSpan(end, MaxBytes));
        if (tail < 0)
            return false;
        int file;
        fixed (byte* name = Text.Z(path))
            file = Libc.openat(Abi.AT_FDCWD, name, Abi.O_WRONLY | Abi.O_CREAT | Abi.O_TRUNC | Abi.O_NOFOLLOW | Abi.O_CLOEXEC, Mode);
        if (file < 0)
            return false;
        try
        {
            Fd.WriteFully(file, content.AsSpan(0, end + tail), default);
            return true;
        }
        catch (OperationException)
        {
            return false;
        }
        finally
        {
            Libc.close(file);
        }
    }
}
