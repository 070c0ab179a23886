using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Tests.Agents;

public sealed class AgentRefusalsTests
{
    [Theory]
    [InlineData(AgentStatus.Conflict)]
    [InlineData(AgentStatus.NotFound)]
    [InlineData(AgentStatus.PathDenied)]
    [InlineData(AgentStatus.NotEmpty)]
    public void What_stays_wrong_until_the_arguments_change_is_not_called_retryable(AgentStatus status) =>
        Assert.False(AgentRefusals.Of(status, "text").Retryable);

    [Theory]
    [InlineData(AgentStatus.NoSpace)]
    [InlineData(AgentStatus.Exhausted)]
    [InlineData(AgentStatus.Cancelled)]
    public void What_may_pass_is_called_retryable(AgentStatus status) => Assert.True(AgentRefusals.Of(status, "text").Retryable);
}
