using System.Diagnostics;
using McpDevBench.Observability;
using McpDevBench.Observability.Traces;
using OpenTelemetry.Trace;

namespace McpDevBench.Tests.Observability.Traces;

[Collection(Listening.Name)]
public sealed class SpansTests
{
    private static readonly RequestStart _request = new(
        "tools/call", "exec", true, "1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null, true);

    [Fact]
    public void While_nobody_listens_nothing_is_made()
    {
        Everything();
        // The least of several: the runtime itself allocates now and then.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var time = 0; time < 1000; time++)
                Everything();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    [Fact]
    public void What_is_done_beside_the_calls_is_not_traced()
    {
        using var spans = new RecordedSpans();
        var client = spans.Client();
        using (Spans.Docker("list"))
            Assert.Null(Activity.Current);
        using (Spans.Request(_request with { Traceparent = RecordedSpans.Traceparent(client) }))
        {
            Spans.DatabaseWrite().Dispose();
            Spans.Detach();
            Spans.DatabaseWrite().Dispose();
        }
        Assert.Equal(
            ["db write", "tools/call exec"], spans.Ended.Where(span => span.TraceId == client.TraceId).Select(span => span.DisplayName));
    }

    [Fact]
    public async Task Every_part_of_a_call_has_the_call_s_correlation_id()
    {
        using var spans = new RecordedSpans();
        var client = spans.Client();
        var id = await Task.Run(() =>
        {
            using var request = Spans.Request(_request with { Traceparent = RecordedSpans.Traceparent(client) });
            Spans.Docker("before").Dispose();
            var id = CorrelationId.Ensure();
            Spans.SpawnPhase("pull").Dispose();
            Spans.Docker("create").Dispose();
            Spans.Agent("exec_start").Dispose();
            Spans.DatabaseWrite().Dispose();
            return id;
        }, TestContext.Current.CancellationToken);
        Assert.Equal(
            [("docker before", null), ("spawn pull", id), ("docker create", id), ("agent exec_start", id), ("db write", id)],
            spans.Ended.Where(span => span.TraceId == client.TraceId && span.ParentSpanId != client.SpanId).Select(
                span => (span.DisplayName, (string?)span.GetTagItem("mcp_devbench.correlation_id"))));
    }

    [Fact]
    public void A_command_s_span_is_a_trace_of_its_own_with_a_link_and_the_command_s_times()
    {
        // Everything of ours, because nobody can know the trace's id before.
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Spans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (ended)
                    ended.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var startedAt = new DateTimeOffset(2026, 11, 26, 1, 2, 3, TimeSpan.Zero);
        using (Spans.Request(_request))
        using (Spans.Exec("timed_out", "e_of_this_test", "c_1", startedAt, TimeSpan.FromHours(30)))
            Spans.DatabaseWrite().Dispose();
        var (write, exec, call) = (Mine("db write"), Mine("exec timed_out"), Mine("tools/call exec"));
        Assert.Equal((default, call.Context), (exec.ParentSpanId, Assert.Single(exec.Links).Context));
        Assert.NotEqual(call.TraceId, exec.TraceId);
        Assert.Equal((startedAt.UtcDateTime, TimeSpan.FromHours(30)), (exec.StartTimeUtc, exec.Duration));
        Assert.Equal((exec.TraceId, exec.SpanId), (write.TraceId, write.ParentSpanId));

        Activity Mine(string name) => Assert.Single(ended, span => span.DisplayName == name);
    }

    [Theory]
    [InlineData(ActivityTraceFlags.Recorded, SamplingDecision.RecordAndSample)]
    [InlineData(ActivityTraceFlags.None, SamplingDecision.Drop)]
    public void A_linked_trace_is_kept_with_what_it_is_linked_to(ActivityTraceFlags flags, SamplingDecision expected)
    {
        var sampler = new LinkedSampler(expected == SamplingDecision.Drop ? new AlwaysOnSampler() : new AlwaysOffSampler());
        var link = new ActivityLink(new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags));
        Assert.Equal(
            expected,
            sampler.ShouldSample(
                new SamplingParameters(
                    default, ActivityTraceId.CreateRandom(), "exec exited", ActivityKind.Internal, null, [link])).Decision);
        Assert.NotEqual(
            expected,
            sampler.ShouldSample(
                new SamplingParameters(default, ActivityTraceId.CreateRandom(), "tools/call", ActivityKind.Server)).Decision);
    }

    private static void Everything()
    {
        using var request = Spans.Request(_request);
        using var phase = Spans.SpawnPhase("pull");
        using var docker = Spans.Docker("create");
        using var agent = Spans.Agent("exec_start");
        using var write = Spans.DatabaseWrite();
        using var exec = Spans.Exec("exited", "e_1", "c_1", DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        docker.Answered(500);
        request.Failed("server_error");
        request.Ended(new RequestEnd("server_error", null, null, null, null, null));
        Spans.Detach();
    }
}
