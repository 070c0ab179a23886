using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Agent.Files;

/// <summary>What is wrong with a regular expression. The server knows the error by its first word, "pattern:".</summary>
internal static class PatternErrors
{
    /// <param name="prefix">Characters that were put before the pattern.</param>
    public static string Describe(RegexParseException error, int prefix) =>
        $"pattern: not a valid regular expression: {Of(error.Error)}, at character {Math.Max(0, error.Offset - prefix)}";

    private static string Of(RegexParseError error) => error switch
    {
        RegexParseError.InsufficientClosingParentheses => "a closing parenthesis is missing",
        RegexParseError.InsufficientOpeningParentheses => "an opening parenthesis is missing",
        RegexParseError.UnterminatedBracket => "a closing bracket ] is missing",
        RegexParseError.QuantifierAfterNothing => "a quantifier (*, + or ?) follows nothing",
        RegexParseError.NestedQuantifiersNotParenthesized => "a quantifier follows a quantifier",
        RegexParseError.ReversedQuantifierRange => "the bounds of a quantifier {n,m} are in the wrong order",
        RegexParseError.ReversedCharacterRange => "the ends of a character range [x-y] are in the wrong order",
        RegexParseError.UnescapedEndingBackslash => "it ends in a backslash",
        RegexParseError.UnrecognizedEscape => "an escape is not known",
        RegexParseError.InvalidGroupingConstruct => "a group (?...) is not known",
        RegexParseError.UndefinedNumberedReference => "a reference has no group of that number",
        RegexParseError.UndefinedNamedReference => "a reference has no group of that name",
        _ => Words($"{error}"),
    };

    /// <summary>The words of a name such as <c>InsufficientOrInvalidHexDigits</c>.</summary>
    private static string Words(string name)
    {
        var words = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && words.Length > 0)
                words.Append(' ');
            words.Append(char.ToLowerInvariant(letter));
        }
        return words.ToString();
    }
}
