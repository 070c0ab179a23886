using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.AgentProtocol;

/// <summary>Edits keep what their caller cannot see.</summary>
public sealed class TextEditsTests
{
    public static TheoryData<string, string, string, string> LineEnds() => new()
    {
        { "a\r\nb\r\nc\r\n", "a\nb", "A\nB", "A\r\nB\r\nc\r\n" },
        { "a\r\nb\r\nc\r\n", "b", "b1\nb2", "a\r\nb1\r\nb2\r\nc\r\n" },
        { "a\r\nb", "b", "b\nc", "a\r\nb\r\nc" },
        { "a\r\nb\r\n", "\nb\n", "\n", "a\r\n" },
        { "a\r\nb\r\n", "a\r\nb", "A\nB", "A\r\nB\r\n" },
        { "a\r\nb\r\n", "a\r\nb", "A\r\nB", "A\r\nB\r\n" },
        { "a\nb\n", "a\r\nb", "A\r\nB", "A\nB\n" },
        { "a\nb\n", "b", "b\r\nc", "a\nb\nc\n" },
        { "a\rb\rc", "a\nb", "A\nB\nC", "A\rB\rC\rc" },
        { "a\nb\r\nc\n", "a\nb\nc", "1\n2\n3", "1\n2\r\n3\n" },
        { "a\nb\r\nc\nd", "b", "b\nB", "a\nb\r\nB\r\nc\nd" },
        { "a\r\nb\r\n", "a\r\n", "a\n", "a\nb\r\n" },
        { "progress 1\rprogress 2\n", "1\rprogress 2", "done", "progress done\n" },
        { "no line end", "no", "one\ntwo", "one\ntwo line end" },
        { "\r\n\r\n\r\nx", "\n\n\nx", "\ny", "\r\ny" },
        { "a\r\n\nb", "a\n\nb", "a\n\nc", "a\r\n\nc" },
    };

    [Theory]
    [MemberData(nameof(LineEnds))]
    public void New_text_takes_the_line_ends_of_the_file(string content, string oldText, string newText, string expected)
    {
        var outcome = Apply(Encoding.UTF8.GetBytes(content), oldText, newText);
        Assert.Equal((-1, 1, expected), (outcome.FailedEdit, outcome.Replacements, Encoding.UTF8.GetString(outcome.Content)));
    }

    public static TheoryData<string> Forms() => ["utf8", "utf8-bom", "utf16le", "utf16be", "latin1"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_encoding_and_the_byte_order_mark_stay(string form)
    {
        var content = Encode("\uFEFFgröße = 1\r\nend", form);
        var outcome = Apply(content, "größe = 1\nend", "größe = 2\nüber\nend");
        Assert.Equal(-1, outcome.FailedEdit);
        Assert.Equal(Encode("\uFEFFgröße = 2\r\nüber\r\nend", form), outcome.Content);
        Assert.Equal(form, TextForms.NameOf(TextForms.Of(outcome.Content)));
    }

    [Fact]
    public void A_mark_that_came_along_with_the_first_line_is_not_doubled()
    {
        var outcome = Apply(Encode("\uFEFFfirst\n", "utf8-bom"), "\uFEFFfirst", "\uFEFFsecond");
        Assert.Equal(Encode("\uFEFFsecond\n", "utf8-bom"), outcome.Content);
    }

    [Fact]
    public void A_character_that_the_encoding_does_not_have_is_an_error()
    {
        var content = Encode("preis: 5 ¤ für größe", "latin1");
        var outcome = Apply(content, "¤", "€");
        Assert.Equal((0, EditError.NotEncodable), (outcome.FailedEdit, outcome.Error));
        Assert.Equal(content, outcome.Content);
        Assert.Contains("'€' (U+20AC)", EditFailure.Describe("price.txt", [Edit("¤", "€")], outcome), StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_1252_is_edited_in_its_own_bytes()
    {
        byte[] content = [.. "price: 5 "u8, 0x80, .. " \r\n"u8];
        var outcome = Apply(content, "5 \u20AC ", "6 \u20AC \u2013 gr\u00FCn");
        Assert.Equal([.. "price: 6 "u8, 0x80, (byte)' ', 0x96, .. " gr"u8, 0xFC, .. "n\r\n"u8], outcome.Content);
    }

    [Fact]
    public void Utf8_with_stray_bytes_and_binary_files_are_edited_as_they_are()
    {
        byte[] stray = [.. "größe "u8, 0xFF, .. " ende"u8];
        Assert.Equal([.. "maß "u8, 0xFF, .. " ende"u8], Apply(stray, "größe", "maß").Content);
        byte[] binary = [0, 1, .. "größe"u8, 0xFE];
        Assert.Equal([0, 1, .. "maß"u8, 0xFE], Apply(binary, "größe", "maß").Content);
    }

    [Theory]
    [InlineData("FFFE0000 61000000 62000000", "UTF-32")]
    [InlineData("0000FEFF 00000061 00000062", "UTF-32, big-endian")]
    [InlineData("FFFE0000 61000000 62", "UTF-32, cut short")]
    [InlineData("61000000 62000000", "UTF-32 without a mark")]
    [InlineData("00000061 00000062", "UTF-32, big-endian, without a mark")]
    [InlineData("6100 6200 0A00", "UTF-16 without a mark")]
    [InlineData("0061 0062 000A", "UTF-16, big-endian, without a mark")]
    [InlineData("FFFE 00D8 6100 6200", "UTF-16 with a lone surrogate")]
    [InlineData("FFFE 6100 6200 00", "UTF-16, cut short")]
    public void Text_that_edits_would_destroy_is_left_alone(string hex, string what)
    {
        var content = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.True(TextForms.Of(content) == TextForm.Wide, what);
        foreach (var (old, @new) in new[] { ("a", "xyz"), ("b", ""), ("\n", "\n\n") })
        {
            var outcome = Apply(content, old, @new);
            Assert.Equal((0, EditError.WideText), (outcome.FailedEdit, outcome.Error));
            Assert.Equal(content, outcome.Content);
            var description = EditFailure.Describe("notes.txt", [Edit(old, @new)], outcome);
            Assert.Contains("iconv", description, StringComparison.Ordinal);
            Assert.DoesNotContain("old_text", EditFailure.HintOf(description), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_the_file_an_edit_changes_only_what_it_names()
    {
        var random = new Random(20261128);
        string[] forms = [.. Forms().Select(row => row.Data)];
        string[] ends = ["\n", "\r\n", "\r"];
        string[] words = ["alpha", "größe", "日本", "x", "", "  indented", "{", "}"];
        for (var round = 0; round < 5_000; round++)
        {
            var form = forms[round % forms.Length];
            var pool = form == "latin1" ? words.Where(word => word != "日本").ToArray() : words;
            var end = ends[random.Next(3)];
            string End() => end != "\r" && random.Next(8) == 0 ? ends[random.Next(2)] : end;
            string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => pool[random.Next(pool.Length)] + End()));
            var (head, middle, tail) = (Lines(random.Next(4)), $"<{Lines(random.Next(4))}>", Lines(random.Next(4)).TrimEnd('\n', '\r'));
            var content = Encode("\uFEFFgröße" + head + middle + tail, form);

            // What is written back as it was read, with line feeds alone, is the same file; also where its line ends are mixed.
            var seen = Seen(middle, head + middle + tail);
            var same = Apply(content, seen, seen);
            Assert.Equal((-1, 1), (same.FailedEdit, same.Replacements));
            Assert.Equal(content, same.Content);

            var changed = Apply(content, seen, "one line");
            Assert.Equal(Encode("\uFEFFgröße" + head + "one line" + tail, form), changed.Content);
        }
    }

    [Fact]
    public void Help_names_the_nearest_line_or_every_line_of_an_ambiguous_text()
    {
        var content = "one\r\n\tif (total > 10)\r\n\t\treturn;\r\nif x:\nif x:\n"u8.ToArray();
        var missing = Edit("if (total >= 10)\n  return;", "");
        Assert.Equal(
            "edits[0].old_text does not occur in a.c. It is nearest to line 2: «\tif (total > 10)\n\t\treturn;».",
            EditFailure.Describe("a.c", [missing], TextEdits.Apply(content, [missing])));
        var twice = Edit("if x:\n", "");
        Assert.Equal("edits[0].old_text occurs 2 times in a.c, at lines 4, 5.",
            EditFailure.Describe("a.c", [twice], TextEdits.Apply(content, [twice])));
        var often = Edit("e", "");
        Assert.Equal("edits[0].old_text occurs 4 times in a.c, at line 1.",
            EditFailure.Describe("a.c", [often], TextEdits.Apply("eeee"u8.ToArray(), [often])));
        // The second edit is looked for in what the first one has made.
        TextEdit[] two = [Edit("one", "first line"), Edit("first lime", "x")];
        Assert.Contains("line 1: «first line»", EditFailure.Describe("a.c", two, TextEdits.Apply(content, two)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_is_too_large_is_an_error_before_it_is_made()
    {
        var outcome = TextEdits.Apply(Encoding.UTF8.GetBytes(new string('a', 1000)),
            [new TextEdit("a"u8.ToArray(), new byte[1000], true)], maxSize: 100_000);
        Assert.Equal((0, EditError.TooLarge), (outcome.FailedEdit, outcome.Error));
    }

    private static TextEdits.Outcome Apply(byte[] content, string oldText, string newText) =>
        TextEdits.Apply(content, [Edit(oldText, newText)]);

    private static TextEdit Edit(string oldText, string newText) =>
        new(Encoding.UTF8.GetBytes(oldText), Encoding.UTF8.GetBytes(newText), ReplaceAll: false);

    /// <summary>What a model sees of a text: line feeds.</summary>
    private static string Seen(string text, string whole)
    {
        var seen = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        return whole.Contains('\n', StringComparison.Ordinal) ? seen : seen.Replace('\r', '\n');
    }

    /// <param name="text">Begins with a byte order mark, which only the forms that have one keep.</param>
    private static byte[] Encode(string text, string form) => form switch
    {
        "utf8" => Encoding.UTF8.GetBytes(text[1..]),
        "utf8-bom" => Encoding.UTF8.GetBytes(text),
        "utf16le" => Encoding.Unicode.GetBytes(text),
        "utf16be" => Encoding.BigEndianUnicode.GetBytes(text),
        _ => Encoding.Latin1.GetBytes(text.TrimStart('\uFEFF')),
    };
}
