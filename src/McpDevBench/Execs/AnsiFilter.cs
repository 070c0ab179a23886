using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// Removes terminal control sequences (ECMA-48) from text that arrives in pieces. A sequence may be split anywhere. A character that cannot
/// be part of one ends it and stays.
/// </summary>
internal sealed class AnsiFilter
{
    private const char Escape = '\e', Bell = '\a', StringTerminator = '\u009C';

    private State _state;

    private enum State
    {
        Text,
        Escape,
        Designation,
        ControlSequence,
        ControlString,
        EscapeInString,
    }

    public AnsiFilter Copy() => new() { _state = _state };

    public string Apply(string text)
    {
        if (_state == State.Text && text.AsSpan().IndexOfAny(Escape, '\u009B') < 0)
            return text;
        var kept = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (Step(character))
                kept.Append(character);
        }
        return kept.ToString();
    }

    /// <returns>Whether the character is text.</returns>
    private bool Step(char character)
    {
        switch (_state)
        {
            case State.Text:
                return !Begins(character);
            case State.Escape:
                return AfterEscape(character);
            case State.Designation:
                _state = State.Text;
                return Outside(character, ' ', '~');
            case State.ControlSequence:
                if (character is >= ' ' and <= '?')
                    return false;
                _state = State.Text;
                return Outside(character, '@', '~');
            case State.ControlString:
                if (character is Bell or StringTerminator)
                    _state = State.Text;
                else if (character == Escape)
                    _state = State.EscapeInString;
                return false;
            default:
                _state = character == '\\' ? State.Text : State.ControlString;
                return false;
        }
    }

    private bool Begins(char character)
    {
        _state = character switch
        {
            Escape => State.Escape,
            '\u009B' => State.ControlSequence,
            _ => State.Text,
        };
        return _state != State.Text;
    }

    private bool AfterEscape(char character)
    {
        _state = character switch
        {
            '[' => State.ControlSequence,
            ']' or 'P' or 'X' or '^' or '_' => State.ControlString,
            >= ' ' and <= '/' => State.Designation,
            _ => State.Text,
        };
        return _state == State.Text && Outside(character, '0', '~');
    }

    /// <summary>The sequence is over; a character that does not belong to it may begin the next one.</summary>
    private bool Outside(char character, char first, char last) => (character < first || character > last) && !Begins(character);
}
