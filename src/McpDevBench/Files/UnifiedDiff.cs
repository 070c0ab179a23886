using System.Globalization;
using System.Text;
using DiffPlex;
using DiffPlex.Chunkers;
using DiffPlex.Model;

namespace McpDevBench.Files;

/// <summary>What an edit changed, in the unified format.</summary>
internal sealed class UnifiedDiff
{
    private const int Context = 3, MaxLength = 16_000;

    /// <summary>
    /// Lines that are compared with each other; a larger region is shown as replaced whole, since the time grows with the square.
    /// </summary>
    private const int MaxLines = 4_000;

    private readonly StringBuilder _text = new();
    private readonly ChangedRegion _region;
    private readonly IReadOnlyList<string> _old, _new;

    /// <summary>Where each line begins in the text, and its number in the new file.</summary>
    private readonly List<(int At, int Number)> _lines = [];

    private UnifiedDiff(ChangedRegion region)
    {
        _region = region;
        (_old, _new) = (Lines(region.Old), Lines(region.New));
    }

    /// <param name="isDone">The file has the new content; otherwise nothing was changed.</param>
    public static string Of(string path, byte[] before, byte[] after, bool isDone = true)
    {
        var diff = new UnifiedDiff(ChangedRegion.Of(before, after, Context));
        diff._text.Append(CultureInfo.InvariantCulture, $"--- {ShownPath.Of(path)}\n+++ {ShownPath.Of(path)}\n");
        diff.AddHunks();
        var text = diff._text.ToString();
        return JsonSize.Charge(text) <= MaxLength ? text : diff.Cut(text, isDone);
    }

    private void AddHunks()
    {
        var blocks = Blocks();
        for (var first = 0; first < blocks.Count;)
        {
            var last = first;
            // Blocks share a hunk when at most two contexts of equal lines lie between them.
            while (last + 1 < blocks.Count && blocks[last + 1].DeleteStartA - EndOf(blocks[last]) <= 2 * Context)
                last++;
            AddHunk(blocks.Skip(first).Take(last - first + 1).ToList());
            first = last + 1;
        }
    }

    private IList<DiffBlock> Blocks()
    {
        if (_old.Count + _new.Count <= MaxLines)
        {
            var lines = new CustomFunctionChunker(text => ReferenceEquals(text, _region.Old) ? _old : _new);
            return Differ.Instance.CreateDiffs(_region.Old, _region.New, ignoreWhiteSpace: false, ignoreCase: false, lines).DiffBlocks;
        }
        var around = _region.Head + _region.Tail;
        return [new DiffBlock(_region.Head, _old.Count - around, _region.Head, _new.Count - around)];
    }

    private void AddHunk(List<DiffBlock> blocks)
    {
        var before = Math.Min(Context, blocks[0].DeleteStartA);
        var (old, added) = (blocks[0].DeleteStartA - before, blocks[0].InsertStartB - before);
        var after = Math.Min(Context, _old.Count - EndOf(blocks[^1]));
        var oldCount = EndOf(blocks[^1]) + after - old;
        var newCount = blocks[^1].InsertStartB + blocks[^1].InsertCountB + after - added;
        _text.Append(CultureInfo.InvariantCulture, $"@@ -{Start(old, oldCount)},{oldCount} +{Start(added, newCount)},{newCount} @@\n");
        foreach (var block in blocks)
        {
            for (; old < block.DeleteStartA; old++, added++)
                AddLine(' ', _old[old], added);
            for (; old < EndOf(block); old++)
                AddLine('-', _old[old], added);
            for (; added < block.InsertStartB + block.InsertCountB; added++)
                AddLine('+', _new[added], added);
        }
        for (; after > 0; after--, old++, added++)
            AddLine(' ', _old[old], added);
    }

    private void AddLine(char kind, string line, int index)
    {
        _lines.Add((_text.Length, _region.Skipped + index + 1));
        _text.Append(kind).Append(line.AsSpan().TrimEnd('\n')).Append('\n');
        if (!line.EndsWith('\n'))
            _text.Append("\\ No newline at end of file\n");
    }

    private string Cut(string text, bool isDone)
    {
        var shown = Utf8Text.FirstThatFit(text, MaxLength);
        var length = shown.Length;
        var lastLine = _lines.TakeWhile(line => line.At < length).Select(line => line.Number).DefaultIfEmpty().Max();
        var rest = isDone
            ? string.Create(CultureInfo.InvariantCulture, $"fs_read with line={lastLine} shows the file from there on")
            : "nothing was changed yet; fewer edits in a call have a shorter diff";
        return $"{shown}\n… {Plural.Of(text.Length - length, "character")} left out: {rest} …\n";
    }

    /// <summary>A hunk without lines starts after the line before it.</summary>
    private int Start(int index, int count) => _region.Skipped + index + (count > 0 ? 1 : 0);

    private static int EndOf(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;

    /// <summary>Lines with their ends.</summary>
    private static List<string> Lines(string text)
    {
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }
        return lines;
    }
}
