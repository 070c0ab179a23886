using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>
/// Has bash report the exit codes of a script's last pipe through a descriptor of its own. The script runs as a group in the same shell,
/// with the descriptor closed: bash keeps a copy that no child inherits. All that is added is on the script's own lines, whose numbers
/// bash shows.
/// </summary>
internal static unsafe class PipeReport
{
    /// <summary>High enough not to collide with a script's own; a script that names it is not reported on.</summary>
    public const int Descriptor = 97;

    private const int MaxReport = 1024;

    public static string Wrap(string script) =>
        $"{{ {script.TrimEnd(' ', '\t', '\n', ';')}; }} {Descriptor}>&-; _devbench=(\"$?\" \"${{PIPESTATUS[@]}}\"); "
        + $"printf '%s ' \"${{_devbench[@]}}\" >&{Descriptor}; exit \"${{_devbench[0]}}\"";

    /// <summary>Reads and closes the agent's end.</summary>
    /// <returns>Nothing unless the report agrees with how the shell ended, and there was a pipe.</returns>
    public static IReadOnlyList<byte> Read(int fd, Ending ending)
    {
        var text = stackalloc byte[MaxReport];
        var length = Libc.read(fd, text, MaxReport);
        Libc.close(fd);
        if (length <= 0 || length == MaxReport || ending.Signal != 0)
            return [];
        var words = System.Text.Encoding.ASCII.GetString(text, (int)length).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var codes = new byte[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!byte.TryParse(words[i], out codes[i]))
                return [];
        }
        return codes.Length is < 3 or > ExecDetails.MaxPipeCodes || codes[0] != ending.Code ? [] : codes[1..];
    }
}
