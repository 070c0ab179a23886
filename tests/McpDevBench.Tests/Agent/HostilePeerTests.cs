using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Whatever a peer sends that does not keep to the protocol.</summary>
public sealed class HostilePeerTests : IDisposable
{
    private readonly AgentProcess _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void Data_beyond_the_credit_ends_the_stream()
    {
        _agent.Connect();
        var client = _agent.ConnectBridge();
        // Six transfers without credit occupy the workers that transfers may have, so the content of the seventh is not read.
        File.WriteAllBytes(_agent["big"], new byte[3_000_000]);
        client.GrantsCredit = false;
        for (var i = 0; i < 6; i++)
            client.Begin(Opcode.Read, new ReadRequest(Bytes("big"), 0, ulong.MaxValue).Write);
        var write = client.Begin(Opcode.Write, new WriteRequest(Bytes("file"), WriteRequest.KeepMode, false, false, null, false).Write);
        for (var i = 0; i < Protocol.InitialCredit / Protocol.MaxData; i++)
            client.Send(FrameKind.Data, write.Channel, new byte[Protocol.MaxData]);
        Assert.Equal([1], client.Ping([1]));
        client.Send(FrameKind.Data, write.Channel, new byte[1]);
        Assert.True(client.WaitForEnd());
        Assert.Equal([1], _agent.ConnectBridge().Ping([1]));
    }

    public static TheoryData<string, byte[]> Hostile() => new()
    {
        { "a length beyond the limit", [0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0, 1, 0, 0, 0] },
        { "an unknown kind", [0, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0] },
        { "a kind that is not the server's", AgentClient.Frame(FrameKind.ExecOutput, 0, new byte[40]) },
        { "an empty request", AgentClient.Frame(FrameKind.Request, 1, []) },
        { "a request on channel zero", AgentClient.Frame(FrameKind.Request, 0, [19]) },
        { "a message that ends too early", AgentClient.Frame(FrameKind.Request, 1, [1, 2, 3]) },
        { "a message with something after it", AgentClient.Frame(FrameKind.Request, 1, [19, 0]) },
        { "something after a message that is its opcode alone", AgentClient.Frame(FrameKind.Request, 1, [20, 0]) },
        { "a count beyond the message", AgentClient.Frame(FrameKind.Request, 1, [16, 0xff, 0xff, 0xff, 0x7f]) },
        { "a second hello", AgentClient.Frame(FrameKind.Hello, 0, [1, 0, 0, 0, 0, 0]) },
        { "a large ping", AgentClient.Frame(FrameKind.Ping, 0, new byte[65]) },
        { "a short acknowledgement", AgentClient.Frame(FrameKind.ExecAck, 0, new byte[5]) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_peer_that_breaks_the_protocol_is_dropped_and_the_next_one_served(string what, byte[] bytes)
    {
        var stdio = _agent.Connect();
        var bridge = _agent.ConnectBridge();
        bridge.Raw(bytes);
        Assert.True(bridge.WaitForEnd(), what);
        stdio.Shake(_agent.Secret);
        stdio.Raw(bytes);
        stdio.Raw(AgentClient.Frame(FrameKind.Ping, 0, [7]));
        stdio.Shake(_agent.Secret);
        Assert.Equal([4], stdio.Ping([4]));
    }

    [Fact]
    public void An_unknown_request_is_an_error_and_an_unknown_channel_ignored()
    {
        var client = _agent.Connect();
        var call = client.Begin((Opcode)200);
        Assert.Equal(AgentStatus.Invalid, call.Status());
        foreach (var kind in new[] { FrameKind.Data, FrameKind.DataEnd, FrameKind.Credit, FrameKind.Cancel })
            client.Send(kind, 4711, new byte[4]);
        client.Ack(Guid.NewGuid(), 5);
        Assert.Equal([4], client.Ping([4]));
    }

    [Fact]
    public void Random_bytes_do_not_hurt()
    {
        var random = new Random(4711);
        var client = _agent.Connect();
        var before = client.Info();
        for (var round = 0; round < 60; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                var payload = new byte[random.Next(0, 200)];
                random.NextBytes(payload);
                if (payload.Length > 0)
                    payload[0] = (byte)random.Next(0, 21);
                client.Raw(AgentClient.Frame((FrameKind)random.Next(1, 14), (uint)random.Next(0, 5), payload));
            }
            var noise = new byte[random.Next(0, 5_000)];
            random.NextBytes(noise);
            client.Raw(noise);
            client.Shake(_agent.Secret);
            foreach (var exec in client.Welcome.Execs)
                client.Ack(exec.Key, exec.Produced, exit: false);
        }
        Assert.Equal(4, client.Run("exit 4").Exited.Code);
        Assert.InRange(client.Info().Descriptors, 0, before.Descriptors + 6);
    }
}
