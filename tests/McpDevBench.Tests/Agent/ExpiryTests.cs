using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>
/// What its caller has had as a failure is not done later: every request carries the moment after which the agent leaves it alone.
/// </summary>
public sealed class ExpiryTests : IDisposable
{
    private const long Past = 1;

    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ExpiryTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    private long Future => _client.Welcome.Clock + 3_600_000;

    [Fact]
    public void A_command_that_comes_too_late_is_not_started()
    {
        var late = Plan(["/bin/sh", "-c", "touch ran"]);
        Assert.Equal(AgentStatus.Expired, _client.Begin(Opcode.ExecStart, late.Write, Past).Status());
        Assert.Equal(0, _client.Run("test ! -e ran").Exited.Code);
        Assert.Equal(AgentStatus.NoSuchExec, StatusOf(() => _client.Cancel(late.Key, 0)));

        _client.Begin(Opcode.ExecStart, late.Write, Future).Answer(ExecStarted.Read);
        Assert.Equal(0, _client.Record(late.Key).Wait().Code);
    }

    [Fact]
    public void A_change_of_a_file_that_comes_too_late_is_not_made()
    {
        _client.Write("kept", "before");
        var write = new WriteRequest(
            Bytes("kept"), WriteRequest.KeepMode, CreateParents: false, Append: false, IfMatch: null, IfNoneMatch: false);
        Assert.Equal(AgentStatus.Expired, _client.Begin(Opcode.Write, write.Write, Past).Status());
        Assert.Equal(
            AgentStatus.Expired,
            _client.Begin(Opcode.Delete, new DeleteRequest(Bytes("kept"), Recursive: false, null).Write, Past).Status());
        // Begun in time, but its content was complete too late.
        Assert.Equal(AgentStatus.Expired, _client.Begin(Opcode.Write, write.Write).Upload("after"u8, expiresAt: Past).Status());
        Assert.Equal("before", System.Text.Encoding.UTF8.GetString(_client.Read("kept")));

        _client.Begin(Opcode.Write, write.Write, Future).Upload("after"u8, expiresAt: Future).Answer(FileStat.Read);
        Assert.Equal("after", System.Text.Encoding.UTF8.GetString(_client.Read("kept")));
    }

    [Fact]
    public void A_batch_that_becomes_complete_too_late_changes_nothing()
    {
        _client.Write("one", "1");
        BatchStep[] steps =
        [
            new(BatchVerb.Delete, Bytes("one"), [], 0, 0, false, false, false, null, false, []),
            new(BatchVerb.MakeDirectory, Bytes("two"), [], 0, 0, false, false, false, null, false, []),
        ];
        var call = _client.Begin(Opcode.Batch, new BatchRequest(steps).Write).Upload([], expiresAt: Past);
        // It fails as a whole, or at its first step: that depends on when its worker began.
        if (call.Status() != AgentStatus.Expired)
            Assert.Equal(AgentStatus.Expired, call.Answer(BatchResponse.Read).Status);
        Assert.Equal(["one"], _client.List("").Paths());
    }

    /// <summary>As after the thaw of a container that was paused: everything is read at once, and the cancellation comes last.</summary>
    [Fact]
    public void A_command_whose_cancellation_is_right_behind_it_leaves_no_process()
    {
        var tag = $"devbench-{Guid.NewGuid():n}";
        for (var round = 0; round < 50; round++)
        {
            var plan = Plan(["/bin/sh", "-c", "while :; do sleep 1; done", tag]);
            var call = _client.Begin(Opcode.ExecStart, plan.Write);
            call.Cancel();
            var status = call.Status();
            if (status == AgentStatus.Ok)
                Assert.Equal(ExecEnd.Cancelled, EndOf(plan.Key));
            else
                Assert.Equal(AgentStatus.Cancelled, status);
        }
        Assert.Empty(Processes.Named(tag));
    }

    private ExecEnd EndOf(Guid key)
    {
        // Where the process was running before the cancellation was read, the server has to end it.
        _client.Begin(Opcode.ExecCancel, new ExecCancel(key, 0).Write).Status();
        return _client.Record(key).Wait().End;
    }

    [Fact]
    public void The_clock_goes_forward_and_comes_with_every_pong()
    {
        Assert.True(_client.Welcome.Clock > 0);
        _client.Ping([1, 2]);
        Assert.True(_client.Clock >= _client.Welcome.Clock);
    }
}
