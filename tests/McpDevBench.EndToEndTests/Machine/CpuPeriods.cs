using System.Globalization;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>
/// In how many periods of its CPU limit a container ran, and in how many of them the kernel stopped all of it for the rest.
/// </summary>
internal sealed record CpuPeriods(long All, long Throttled)
{
    public static async Task<CpuPeriods> Of(string dockerId)
    {
        var pid = await DockerHost.Docker("inspect", "-f", "{{.State.Pid}}", dockerId);
        var lines = await File.ReadAllLinesAsync(Path.Combine(await Folder(pid), "cpu.stat"), TestContext.Current.CancellationToken);
        return new(Value("nr_periods"), Value("nr_throttled"));

        long Value(string name) => long.Parse(
            lines.Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public static CpuPeriods operator -(CpuPeriods later, CpuPeriods earlier) =>
        new(later.All - earlier.All, later.Throttled - earlier.Throttled);

    /// <summary>Of the process's control group for processors: one hierarchy for all controllers, or one each.</summary>
    private static async Task<string> Folder(string pid)
    {
        var lines = await File.ReadAllLinesAsync($"/proc/{pid}/cgroup", TestContext.Current.CancellationToken);
        var groups = lines.Select(line => line.Split(':', 3)).ToList();
        var own = groups.FirstOrDefault(group => group[1].Split(',').Contains("cpu"));
        return own is null
            ? $"/sys/fs/cgroup{groups.Single(group => group[0] == "0")[2]}"
            : $"/sys/fs/cgroup/{own[1]}{own[2]}";
    }
}
