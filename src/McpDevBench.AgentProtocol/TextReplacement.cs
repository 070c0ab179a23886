namespace McpDevBench.AgentProtocol;

/// <summary>
/// One edit of one text. A line feed in the old text matches any line end of the file, and every line end of the new text becomes the one
/// that stands at its place in the file: a caller that sees only line feeds changes no line end. Only an edit that changes
/// line ends and nothing else is taken literally.
/// </summary>
internal sealed class TextReplacement
{
    private readonly byte[] _text;
    private readonly byte[] _new;
    private readonly byte[][] _pieces;
    private readonly bool _isLiteral;

    // Line ends of old Macs count only where the text has none of the others.
    private readonly bool _hasOnlyReturns;
    private readonly int _newLines;

    public TextReplacement(byte[] text, TextEdit edit)
    {
        var old = WithoutMark(edit.OldText);
        var oldLines = WithoutReturns(old);
        _new = WithoutMark(edit.NewText);
        _text = text;
        _hasOnlyReturns = text.AsSpan().Contains((byte)'\r') && !text.AsSpan().Contains((byte)'\n');
        var newLines = WithoutReturns(_new);
        _isLiteral = old.Length != oldLines.Length && oldLines.AsSpan().SequenceEqual(newLines);
        if (!_isLiteral)
            _new = newLines;
        _newLines = _new.AsSpan().Count((byte)'\n');
        // A carriage return that the caller has written is looked for; if there is none such, the caller's habit is not the file's.
        var isExact = _isLiteral || (old.Length != oldLines.Length && text.AsSpan().IndexOf(old) >= 0);
        _pieces = isExact ? [old] : Split(oldLines);
    }

    /// <summary>How often the old text occurs, and the size of the result.</summary>
    public (int Count, long Size) Measure()
    {
        var (count, size) = (0, (long)_text.Length);
        if (_pieces.Length == 1 && _pieces[0].Length == 0)
            return (0, size);
        for (var at = 0; TryFind(at, out var start, out var length); at = start + length)
        {
            count++;
            size += SizeOfNew(start, length) - length;
        }
        return (count, size);
    }

    public byte[] Make(int size)
    {
        var result = new byte[size];
        var to = result.AsSpan();
        var done = 0;
        for (; TryFind(done, out var start, out var length); done = start + length)
        {
            Append(ref to, _text.AsSpan(done, start - done));
            AppendNew(ref to, start, length);
        }
        Append(ref to, _text.AsSpan(done));
        return result;
    }

    /// <summary>The new text as it is put at the end.</summary>
    public byte[] MakeAppended()
    {
        var result = new byte[SizeOfNew(_text.Length, 0)];
        var to = result.AsSpan();
        AppendNew(ref to, _text.Length, 0);
        return result;
    }

    /// <summary>Lines, counted from 1, at which the text occurs.</summary>
    public IEnumerable<int> Lines()
    {
        var (line, counted) = (1, 0);
        for (var at = 0; TryFind(at, out var start, out var length); at = start + length)
        {
            line += _text.AsSpan(counted, start - counted).Count(_hasOnlyReturns ? (byte)'\r' : (byte)'\n');
            counted = start;
            yield return line;
        }
    }

    private bool TryFind(int from, out int start, out int length)
    {
        (start, length) = (from, 0);
        while (start <= _text.Length)
        {
            var found = _pieces[0].Length > 0 ? _text.AsSpan(start).IndexOf(_pieces[0]) : NextLineEnd(start);
            if (found < 0)
                return false;
            start += found;
            length = LengthAt(start);
            if (length > 0)
                return true;
            start++;
        }
        return false;
    }

    /// <summary>Bytes from here that match the whole old text; 0 if it does not match.</summary>
    private int LengthAt(int start)
    {
        var at = start + _pieces[0].Length;
        foreach (var piece in _pieces.AsSpan(1))
        {
            var end = LineEndAt(at);
            if (end == 0 || !_text.AsSpan(at + end).StartsWith(piece))
                return 0;
            at += end + piece.Length;
        }
        return at - start;
    }

    private int NextLineEnd(int from)
    {
        var rest = _text.AsSpan(from);
        var end = rest.IndexOf(_hasOnlyReturns ? (byte)'\r' : (byte)'\n');
        return end > 0 && !_hasOnlyReturns && rest[end - 1] == '\r' ? end - 1 : end;
    }

    private int LineEndAt(int at)
    {
        if (at >= _text.Length)
            return 0;
        if (_text[at] == '\n')
            return 1;
        if (_text[at] != '\r')
            return 0;
        if (at + 1 < _text.Length && _text[at + 1] == '\n')
            return 2;
        return _hasOnlyReturns ? 1 : 0;
    }

    /// <summary>The line end of the line at a position; where it has none, that of the line before; where there is none at all, a line
    /// feed.</summary>
    private ReadOnlySpan<byte> LineEndNear(int at)
    {
        var after = NextLineEnd(at);
        if (after >= 0)
            return _text.AsSpan(at + after, LineEndAt(at + after));
        var before = _text.AsSpan(0, at).LastIndexOf(_hasOnlyReturns ? (byte)'\r' : (byte)'\n');
        if (before < 0)
            return "\n"u8;
        var isPair = before > 0 && _text[before] == '\n' && _text[before - 1] == '\r';
        return isPair ? _text.AsSpan(before - 1, 2) : _text.AsSpan(before, 1);
    }

    private int SizeOfNew(int start, int length)
    {
        if (_isLiteral || _newLines == 0)
            return _new.Length;
        var ends = new LineEnds(this, start, length);
        var size = _new.Length - _newLines;
        for (var i = 0; i < _newLines; i++)
            size += ends.Next().Length;
        return size;
    }

    private void AppendNew(ref Span<byte> to, int start, int length)
    {
        if (_isLiteral || _newLines == 0)
        {
            Append(ref to, _new);
            return;
        }
        var ends = new LineEnds(this, start, length);
        for (ReadOnlySpan<byte> rest = _new; ;)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                Append(ref to, rest);
                return;
            }
            Append(ref to, rest[..end]);
            Append(ref to, ends.Next());
            rest = rest[(end + 1)..];
        }
    }

    private static void Append(ref Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to);
        to = to[bytes.Length..];
    }

    /// <summary>Splits at line feeds.</summary>
    private static byte[][] Split(byte[] text)
    {
        var pieces = new byte[text.AsSpan().Count((byte)'\n') + 1][];
        var at = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            var end = text.AsSpan(at).IndexOf((byte)'\n');
            pieces[i] = end < 0 ? text[at..] : text[at..(at + end)];
            at += end + 1;
        }
        return pieces;
    }

    private static byte[] WithoutReturns(byte[] text)
    {
        if (text.AsSpan().IndexOf("\r\n"u8) < 0)
            return text;
        var kept = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\r' || i + 1 == text.Length || text[i + 1] != '\n')
                kept.Add(text[i]);
        }
        return [.. kept];
    }

    /// <summary>A byte order mark that came along with the text of the first line.</summary>
    private static byte[] WithoutMark(byte[] text) => text.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? text[3..] : text;

    /// <summary>The line ends that a replacement takes: those of the text that it replaces, one after another; then the last of them; then
    /// that of its line.</summary>
    private ref struct LineEnds(TextReplacement of, int start, int length)
    {
        private readonly int _end = start + length;
        private int _at = start;
        private ReadOnlySpan<byte> _last;

        public ReadOnlySpan<byte> Next()
        {
            for (; _at < _end; _at++)
            {
                var size = of.LineEndAt(_at);
                if (size == 0)
                    continue;
                _last = of._text.AsSpan(_at, size);
                _at += size;
                return _last;
            }
            if (_last.IsEmpty)
                _last = of.LineEndNear(_at);
            return _last;
        }
    }
}
