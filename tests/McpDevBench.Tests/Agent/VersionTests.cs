using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>Servers and agents of different protocol versions agree on the older one.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(Protocol.Version, Protocol.Version)]
    [InlineData(Protocol.Version + 1, Protocol.Version)]
    [InlineData(ushort.MaxValue, Protocol.Version)]
    public void This_agent_speaks_the_older_version_of_both(int server, int agreed)
    {
        using var agent = new AgentProcess();
        using var client = new AgentClient(agent.ToAgent, agent.FromAgent) { Newest = (ushort)server }.Shake(agent.Secret);
        Assert.Equal(agreed, client.Welcome.Version);
        Assert.Equal("kept", EchoThrough(client));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, Protocol.Version, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(2, Protocol.Version, 2)]
    public void An_older_agent_speaks_the_older_version_of_both(int version, int server, int agreed)
    {
        using var agent = AgentProcess.Of(OlderAgent.Of(version));
        using var client = new AgentClient(agent.ToAgent, agent.FromAgent) { Newest = (ushort)server }.Shake(agent.Secret);
        Assert.Equal(agreed, client.Welcome.Version);
        Assert.Equal("kept", EchoThrough(client));
    }

    [Fact]
    public void Each_conversation_agrees_on_its_own_version()
    {
        using var agent = new AgentProcess();
        using var newer = agent.Connect();
        Assert.Equal(Protocol.Version, newer.Welcome.Version);
        newer.Die();
        var bridge = agent.StartBridge();
        using var older = new AgentClient(bridge.StandardInput.BaseStream, bridge.StandardOutput.BaseStream) { Newest = 1 }
            .Shake(agent.Secret);
        Assert.Equal(1, older.Welcome.Version);
        Assert.Equal("kept", EchoThrough(older));
    }

    [Fact]
    public void A_version_that_does_not_exist_ends_the_conversation()
    {
        using var agent = new AgentProcess();
        using var client = agent.Connect();
        var bridge = agent.StartBridge();
        using var none = new AgentClient(bridge.StandardInput.BaseStream, bridge.StandardOutput.BaseStream) { Newest = 0 };
        Assert.Throws<TimeoutException>(() => none.Shake(agent.Secret, TimeSpan.FromSeconds(2)));
        Assert.True(none.WaitForEnd());
    }

    /// <summary>A process with output and exit, and a file: the frames that every version has.</summary>
    private static string EchoThrough(AgentClient client)
    {
        var (record, exited) = client.Run("printf kept > kept; echo done");
        Assert.Equal((ExecEnd.Exited, 0, "done\n"), (exited.End, exited.Code, record.Stdout));
        return System.Text.Encoding.UTF8.GetString(client.Read("kept"));
    }
}
