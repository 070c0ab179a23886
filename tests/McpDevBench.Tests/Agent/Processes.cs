namespace McpDevBench.Tests.Agent;

/// <summary>What runs on this machine.</summary>
internal static class Processes
{
    /// <summary>Living processes whose command line contains the text.</summary>
    public static List<int> Named(string text)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid))
                continue;
            try
            {
                var command = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ');
                if (command.Contains(text, StringComparison.Ordinal) && !File.ReadAllText($"{folder}/stat")
                    .Contains(") Z", StringComparison.Ordinal))
                    found.Add(pid);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }
        return found;
    }

    /// <summary>The program that a process runs, as the kernel names it; empty if it has ended.</summary>
    public static string ProgramOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
