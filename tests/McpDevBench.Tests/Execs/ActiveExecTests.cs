using McpDevBench.AgentProtocol;
using McpDevBench.Workspaces;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>What an agent sends of a command, when the agent is not ours any more.</summary>
public sealed class ActiveExecTests : IDisposable
{
    private static readonly Guid Key = Guid.NewGuid();

    private readonly TemporaryFolder _folder = new();
    private readonly OutputLog _log;
    private readonly ActiveExec _active;
    private ulong _sent;

    public ActiveExecTests()
    {
        _log = new OutputLog(_folder["log"], 1 << 20);
        var exec = new Exec { Id = new ExecId(Key), ContainerId = new WorkspaceId(Guid.NewGuid()), Owner = "local", Command = ["yes"], StartedAt = TimeProvider.System.GetUtcNow() };
        _active = new ActiveExec(exec, new ContainerId("box"), _log);
    }

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Output_beyond_the_window_that_is_not_in_the_log_breaks_the_protocol()
    {
        for (var i = 0; i < Protocol.ExecWindow / Protocol.MaxData; i++)
            Send(Protocol.MaxData);
        Assert.Throws<ProtocolException>(() => Send(1));
        Assert.Equal(Protocol.ExecWindow, _active.Arrived);
    }

    [Fact]
    public void What_is_in_the_log_makes_room_for_more()
    {
        for (var i = 0; i < 3 * Protocol.ExecWindow / Protocol.MaxData; i++)
        {
            Send(Protocol.MaxData);
            if (i >= Protocol.ExecWindow / Protocol.MaxData - 1)
                Store();
        }
        Assert.Throws<ProtocolException>(() =>
        {
            Send(Protocol.MaxData);
            Send(1);
        });
    }

    [Fact]
    public void What_is_sent_again_counts_once()
    {
        for (var again = 0; again < 3; again++)
        {
            _sent = 0;
            for (var i = 0; i < Protocol.ExecWindow / Protocol.MaxData; i++)
                Send(Protocol.MaxData);
        }
        Assert.Equal(Protocol.ExecWindow, _active.Arrived);
    }

    [Fact]
    public void An_end_may_be_told_again_and_waits_once()
    {
        Send(10);
        for (var i = 0; i < 1000; i++)
            _active.Arrive(new ExecExited(Key, 10, ExecEnd.Exited, 0, 0, 1, 1, 1));
        _active.Lose();
        Assert.Equal(10, Take().Length);
        Assert.NotNull(Take().Exit);
        Assert.False(_active.Arrivals.TryRead(out _));
    }

    [Fact]
    public void Output_after_the_end_breaks_the_protocol()
    {
        Send(10);
        _active.Arrive(new ExecExited(Key, 10, ExecEnd.Exited, 0, 0, 1, 1, 1));
        Assert.Throws<ProtocolException>(() => Send(1));
    }

    private void Send(int length)
    {
        _active.Arrive(new ExecOutput(Key, _sent, OutputStream.Stdout, 0), new byte[length]);
        _sent += (ulong)length;
    }

    private void Store()
    {
        var arrival = Take();
        _log.Append(1, 0, arrival.Content.AsSpan(0, arrival.Length));
    }

    private ActiveExec.Arrival Take()
    {
        Assert.True(_active.Arrivals.TryRead(out var arrival));
        return arrival;
    }
}
