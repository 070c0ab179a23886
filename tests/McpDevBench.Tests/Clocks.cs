using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests;

/// <summary>Fake clocks that stand at a fixed time with milliseconds.</summary>
internal static class Clocks
{
    public static FakeTimeProvider Standing() => new(new DateTimeOffset(2026, 1, 15, 10, 30, 0, 123, TimeSpan.Zero));
}
