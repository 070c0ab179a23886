using System.Diagnostics;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Tests.Observability.Traces;

public sealed class RemoteParentTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c", SpanId = "b7ad6b7169203331";

    public static TheoryData<string> Hostile() => new(
        "", " ", "garbage", "00", $"00-{TraceId}-{SpanId}", $"00-{TraceId}-{SpanId}-1", $"00-{TraceId}-{SpanId}-011", $"00-{TraceId}-{SpanId}-01-more", $" 00-{TraceId}-{SpanId}-01",
        $"00-{new string('0', 32)}-{SpanId}-01", $"00-{TraceId}-{new string('0', 16)}-01", $"ff-{TraceId}-{SpanId}-01", $"0g-{TraceId}-{SpanId}-01", $"00-{TraceId}-{SpanId}-0g",
        $"00-{TraceId.ToUpperInvariant()}-{SpanId}-01", $"00-{TraceId}-{SpanId.ToUpperInvariant()}-01", $"00_{TraceId}-{SpanId}-01", $"00-{TraceId}_{SpanId}-01", $"00-{TraceId}-{SpanId}_01",
        $"00-{TraceId}-{SpanId}-+1", $"00-{TraceId[..31]}\u0661-{SpanId}-01", $"00-{TraceId[..31]}\0-{SpanId}-01", new string('0', 55), new string('-', 55), new string('a', 3_000_000));

    [Theory]
    [InlineData("00", "01", ActivityTraceFlags.Recorded)]
    [InlineData("00", "00", ActivityTraceFlags.None)]
    [InlineData("cc", "01", ActivityTraceFlags.Recorded)]
    public void What_the_standard_allows_is_read(string version, string flags, ActivityTraceFlags expected)
    {
        Assert.True(RemoteParent.TryParse($"{version}-{TraceId}-{SpanId}-{flags}", "vendor=1", out var parent));
        Assert.Equal(
            (TraceId, SpanId, expected, "vendor=1", true),
            (parent.TraceId.ToHexString(), parent.SpanId.ToHexString(), parent.TraceFlags, parent.TraceState, parent.IsRemote));
    }

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void Anything_else_is_no_parent(string traceparent) => Assert.False(RemoteParent.TryParse(traceparent, null, out _));

    [Theory]
    [InlineData("")]
    [InlineData("line\nbreak")]
    [InlineData("snow\u2603")]
    [InlineData(null)]
    public void A_state_that_cannot_be_sent_on_is_left_out(string? tracestate)
    {
        foreach (var state in new[] { tracestate, new string('a', 513) })
        {
            Assert.True(RemoteParent.TryParse($"00-{TraceId}-{SpanId}-01", state, out var parent));
            Assert.Null(parent.TraceState);
        }
    }
}
