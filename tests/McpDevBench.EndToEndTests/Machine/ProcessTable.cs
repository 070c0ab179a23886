using System.Globalization;
using System.Runtime.InteropServices;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A process as the machine's own process table has it.</summary>
internal sealed record ProcessEntry(int Id, string Name, string Command)
{
    public override string ToString() => $"{Id} {Name}: {Command}";
}

/// <summary>/proc, which cannot be talked out of what is alive: not by setsid, a double fork or an empty environment.</summary>
internal static partial class ProcessTable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    /// <summary>Everything in a container's control group, zombies included.</summary>
    public static IReadOnlyList<ProcessEntry> Of(string dockerId) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Read).OfType<ProcessEntry>().Where(process => IsIn(process.Id, dockerId))];

    /// <summary>Waits until the container has no process that was not there before.</summary>
    public static async Task NoneBut(IReadOnlyList<ProcessEntry> before, string dockerId)
    {
        var known = before.Select(process => process.Id).ToHashSet();
        // The kernel removes the last of a killed tree a moment after the exec's end is known.
        var deadline = Deadline.In(Deadline.Timeout);
        while (true)
        {
            var alive = Of(dockerId).Where(process => !known.Contains(process.Id)).ToList();
            if (alive.Count == 0)
                return;
            if (deadline.IsOver)
                Assert.Fail("still alive:\n" + string.Join('\n', alive));
            await Deadline.Pause();
        }
    }

    /// <summary>The most memory that a process has had resident, in bytes.</summary>
    public static long PeakMemory(int processId) => Memory(processId, "VmHWM:");

    /// <summary>Memory of a process that no file is behind, in bytes: heaps and stacks, without its program's code.</summary>
    public static long OwnMemory(int processId) => Memory(processId, "RssAnon:");

    private static long Memory(int processId, string label)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith(label, StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    public static void Signal(int processId, int signal) => _ = Kill(processId, signal);

    private static bool IsIn(int processId, string dockerId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cgroup").Contains(dockerId, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ProcessEntry? Read(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return null;
        try
        {
            return new ProcessEntry(
                id, File.ReadAllText($"{folder}/comm").TrimEnd(), File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ').TrimEnd());
        }
        catch (IOException)
        {
            return null; // It ended while we looked.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
