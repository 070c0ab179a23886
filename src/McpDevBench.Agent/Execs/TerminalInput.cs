using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>What has to be typed at a terminal to end the input of the program that reads it.</summary>
internal static unsafe class TerminalInput
{
    private const byte DefaultEnd = 0x04; // Ctrl-D

    /// <summary>
    /// The end-of-file character ends the input only at the beginning of a line: after a part of a line it hands over that part, and a
    /// second one ends the input. A program that reads the keys itself (a raw terminal) gets one, and decides what it means.
    /// </summary>
    /// <param name="typed">The byte that was typed last; null for none.</param>
    public static byte[] End(int master, byte? typed)
    {
        var settings = default(TerminalSettings);
        if (Libc.ioctl(master, Abi.TCGETS, &settings) != 0)
            return [DefaultEnd];
        var end = settings.Characters[TerminalSettings.EndOfFile] is > 0 and var set ? set : DefaultEnd;
        var isLine = (settings.LocalFlags & TerminalSettings.Canonical) != 0;
        return isLine && typed is { } last && !EndsLine(settings, last) ? [end, end] : [end];
    }

    /// <summary>Whether nothing of a line is left after a byte.</summary>
    private static bool EndsLine(in TerminalSettings settings, byte last)
    {
        if (last == '\n' || (last == '\r' && (settings.InputFlags & TerminalSettings.ReturnIsNewline) != 0))
            return true;
        foreach (var index in TerminalSettings.LineEnds)
        {
            if (last != 0 && settings.Characters[index] == last)
                return true;
        }
        return false;
    }
}
