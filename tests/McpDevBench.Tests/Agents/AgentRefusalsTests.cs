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

    [Theory]
    [InlineData("a\nb\u0000: there is no such file", "a\u240ab\u2400: there is no such file.")]
    [InlineData("secret: there is no such file", "secret: there is no such file.")]
    [InlineData("d3: exists already", "d3: exists already.")]
    [InlineData("d: is none (links are not followed)", "d: is none (links are not followed).")]
    [InlineData("It is nearest to line 1: «x».", "It is nearest to line 1: «x».")]
    [InlineData("", "The workspace refused.")]
    public void A_name_stays_recognisable_and_the_message_is_a_sentence(string text, string message) =>
        Assert.Equal(message, AgentRefusals.Of(AgentStatus.NotFound, text).Message);

    [Theory]
    [InlineData("a%20b.txt: there is no such file", "%")]
    [InlineData(@"src\main.py: there is no such file", "separated by /")]
    public void A_path_in_another_notation_that_is_not_there_is_explained(string text, string hint) =>
        Assert.Contains(hint, AgentRefusals.Of(AgentStatus.NotFound, text).Hint, StringComparison.Ordinal);

    [Fact]
    public void A_long_text_is_cut_between_characters_and_shows_it()
    {
        var message = AgentRefusals.Of(AgentStatus.Invalid, new string('a', 499) + "\ud83d\ude00" + new string('b', 100)).Message;
        Assert.Equal(new string('a', 499) + "…", message);
    }
}
