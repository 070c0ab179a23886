using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Tests.Agents;

public sealed partial class AgentErrorsTests
{
    [Theory]
    [InlineData(AgentStatus.Conflict)]
    [InlineData(AgentStatus.NotFound)]
    [InlineData(AgentStatus.PathDenied)]
    [InlineData(AgentStatus.NotEmpty)]
    public void What_stays_wrong_until_the_arguments_change_is_not_called_retryable(AgentStatus status) =>
        Assert.False(AgentErrors.Of(status, "text").Retryable);

    [Theory]
    [InlineData(AgentStatus.NoSpace)]
    [InlineData(AgentStatus.Exhausted)]
    [InlineData(AgentStatus.Cancelled)]
    public void What_may_pass_is_called_retryable(AgentStatus status) => Assert.True(AgentErrors.Of(status, "text").Retryable);

    [Theory]
    [InlineData("a\nb\u0000: there is no such file", "a\u240ab\u2400: there is no such file.")]
    [InlineData("secret: there is no such file", "secret: there is no such file.")]
    [InlineData("d3: exists already", "d3: exists already.")]
    [InlineData("d: is none (links are not followed)", "d: is none (links are not followed).")]
    [InlineData("It is nearest to line 1: «x».", "It is nearest to line 1: «x».")]
    [InlineData("", "The workspace refused.")]
    public void A_name_stays_recognisable_and_the_message_is_a_sentence(string text, string message) =>
        Assert.Equal(message, AgentErrors.Of(AgentStatus.NotFound, text).Message);

    [Theory]
    [InlineData("a%20b.txt: there is no such file", "%")]
    [InlineData(@"src\main.py: there is no such file", "separated by /")]
    public void A_path_in_another_notation_that_is_not_there_is_explained(string text, string hint) =>
        Assert.Contains(hint, AgentErrors.Of(AgentStatus.NotFound, text).Hint, StringComparison.Ordinal);

    /// <summary>What the agent says of an argument, as its source has it, with a name in the place of each value.</summary>
    public static TheoryData<string> Refused()
    {
        var folder = Path.Combine(Path.GetDirectoryName(Here())!, "../../../src/McpDevBench.Agent");
        var texts = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match match in Text().Matches(File.ReadAllText(file)))
            {
                var prefix = match.Groups[1].Value == "Invalid(" ? "archive: " : "";
                texts.Add($"{prefix}{Value().Replace(match.Groups[2].Value, "x")}");
            }
        }
        return texts;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Every_argument_that_the_agent_refuses_has_a_hint_of_its_own(string text) => Assert.NotNull(InvalidHints.Find(text));

    [Theory]
    [InlineData("the exec has no terminal to resize", "pty=true")]
    [InlineData("archive: it ends in the middle", "send the whole archive again")]
    [InlineData("d/f: the name is too long", "255 bytes")]
    public void A_hint_says_what_to_do(string text, string hint) =>
        Assert.Contains(hint, AgentErrors.Of(AgentStatus.Invalid, text).Hint, StringComparison.Ordinal);

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"(AgentStatus\.Invalid,\s*|Invalid\()\$?""([^""]+)""")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Value();

    [Fact]
    public void A_long_text_is_cut_between_characters_and_shows_it()
    {
        var message = AgentErrors.Of(AgentStatus.Invalid, new string('a', 499) + "\ud83d\ude00" + new string('b', 100)).Message;
        Assert.Equal(new string('a', 499) + "…", message);
    }
}
