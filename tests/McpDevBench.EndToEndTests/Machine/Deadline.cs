using System.Diagnostics;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>For what can only be looked at again and again: another process's start, the kernel's process table.</summary>
internal sealed class Deadline
{
    /// <summary>For what happens at once on an idle machine: a safety net that no loaded one reaches.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly long _end;

    private Deadline(TimeSpan patience) => _end = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);

    public bool IsOver => Stopwatch.GetTimestamp() > _end;

    public static Deadline In(TimeSpan patience) => new(patience);

    public static Task Pause() => Task.Delay(20, TestContext.Current.CancellationToken);

    public static Task Until(Func<Task<bool>> isSo, string otherwise) => Until(isSo, Timeout, otherwise);

    /// <summary>Looks until it is so; fails with the words given when it does not become so.</summary>
    public static async Task Until(Func<Task<bool>> isSo, TimeSpan patience, string otherwise)
    {
        var deadline = In(patience);
        while (!await isSo())
        {
            if (deadline.IsOver)
                Assert.Fail($"not within {patience}: {otherwise}");
            await Pause();
        }
    }
}
