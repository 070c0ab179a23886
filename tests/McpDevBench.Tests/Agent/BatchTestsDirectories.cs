using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>Directories that are copied or moved onto what is there.</summary>
public sealed partial class BatchTests
{
    [Fact]
    public void A_directory_is_copied_and_moved_and_joins_another_one()
    {
        Prepare();
        Assert.Equal(-1, _client.Batch(Step(BatchVerb.Copy, "dir", "new/copy", parents: true)).FailedStep);
        Assert.Equal(
            ["new/copy", "new/copy/inside", "new/copy/link", "new/copy/sub", "new/copy/sub/deepest"],
            _client.List("new", recursive: true).Paths());
        Assert.Equal(AgentStatus.Conflict, _client.Batch(Step(BatchVerb.Move, "dir", "tree")).Status);
        var before = Picture();
        Assert.Equal(1, _client.Batch(Step(BatchVerb.Move, "dir", "tree", overwrite: true), Step(BatchVerb.Delete, "missing")).FailedStep);
        Assert.Equal(before, Picture());
        Assert.Equal(-1, _client.Batch(Step(BatchVerb.Move, "dir", "tree", overwrite: true)).FailedStep);
        Assert.Equal(
            ["tree/inside", "tree/link", "tree/of", "tree/of/things", "tree/of/things/t", "tree/sub", "tree/sub/deepest"],
            _client.List("tree", recursive: true).Paths());
        Assert.False(Directory.Exists(_agent["dir"]));
        Assert.Equal(AgentStatus.Invalid, _client.Batch(Step(BatchVerb.Move, "tree/sub", "tree", overwrite: true)).Status);
        Assert.Equal("z", File.ReadAllText(_agent["tree/sub/deepest"]));
        Assert.DoesNotContain(".devbench-tmp", Picture(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BatchVerb.Copy)]
    [InlineData(BatchVerb.Move)]
    public void Overwriting_a_directory_replaces_its_files_and_keeps_the_rest(BatchVerb verb)
    {
        Prepare();
        foreach (var directory in new[] { "to/sub/own", "to/empty" })
            Directory.CreateDirectory(_agent[directory]);
        foreach (var (path, text) in new[] { ("to/inside", "replaced"), ("to/kept", "k"), ("to/sub/own/x", "x") })
            File.WriteAllText(_agent[path], text);
        var before = Picture();
        Assert.Equal(
            1, _client.Batch(Step(verb, "dir", "to", overwrite: true), Step(BatchVerb.Delete, "to/no/such")).FailedStep);
        Assert.Equal(before, Picture());

        Assert.Equal(-1, _client.Batch(Step(verb, "dir", "to", overwrite: true)).FailedStep);
        Assert.Equal(
            [
                "to/empty", "to/inside", "to/kept", "to/link", "to/sub", "to/sub/deepest", "to/sub/own", "to/sub/own/x",
            ],
            _client.List("to", recursive: true).Paths());
        Assert.Equal("i k x z", string.Join(' ', new[] { "to/inside", "to/kept", "to/sub/own/x", "to/sub/deepest" }
            .Select(path => File.ReadAllText(_agent[path]))));
        Assert.Equal(verb == BatchVerb.Copy, Directory.Exists(_agent["dir"]));
        Assert.DoesNotContain(".devbench-tmp", Picture(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dir/inside", true)]
    [InlineData("dir/sub", false)]
    public void A_directory_that_cannot_join_another_one_changes_nothing(string inside, bool isFile)
    {
        Prepare();
        // A directory where the other has a file, and the other way round.
        var place = inside.Replace("dir/", "tree/", StringComparison.Ordinal);
        if (isFile)
            Directory.CreateDirectory(_agent[place]);
        else
            File.WriteAllText(_agent[place], "f");
        var before = Picture();
        foreach (var verb in new[] { BatchVerb.Copy, BatchVerb.Move })
        {
            var failed = _client.Batch(Step(verb, "dir", "tree", overwrite: true));
            Assert.Equal(isFile ? AgentStatus.IsADirectory : AgentStatus.NotADirectory, failed.Status);
            Assert.StartsWith(place, failed.Error, StringComparison.Ordinal);
            Assert.Equal(before, Picture());
        }
    }

    [Fact]
    public void What_overwriting_would_not_help_against_is_not_called_a_conflict()
    {
        Prepare();
        foreach (var verb in new[] { BatchVerb.Copy, BatchVerb.Move })
        {
            Assert.Equal(AgentStatus.IsADirectory, _client.Batch(Step(verb, "a", "dir")).Status);
            Assert.Equal(AgentStatus.NotADirectory, _client.Batch(Step(verb, "dir", "a")).Status);
            // Also where an earlier step has made the source.
            Assert.Equal(
                AgentStatus.IsADirectory, _client.Batch(Step(BatchVerb.Write, "made", content: "x"), Step(verb, "made", "dir")).Status);
        }
    }

    /// <summary>As root, permissions would hold nothing back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_keeps_the_modes_of_directories_also_of_those_that_their_owner_may_not_write_to(bool joins)
    {
        using var agent = AgentProcess.WithUsers();
        var client = agent.Connect();
        client.Run("mkdir -p dir/closed/inner dir/shared dir/plain && echo x > dir/closed/inner/x && echo y > dir/closed/y"
            + " && chmod 500 dir/closed/inner && chmod 555 dir/closed && chmod 2777 dir/shared && chmod 750 dir/plain && chmod 555 dir"
            + (joins ? " && mkdir -p copy/plain && chmod 700 copy/plain copy && echo kept > copy/plain/kept" : ""));
        string Modes() => client.Run("find copy -printf '%P:%m ' 2>/dev/null").Record.Stdout;
        var before = Modes();
        var copy = Step(BatchVerb.Copy, "dir", "copy", overwrite: joins);
        // Undone too.
        Assert.Equal(1, client.Batch(copy, Step(BatchVerb.Write, "dir/closed/inner/x/y", content: "x")).FailedStep);
        Assert.Equal((before, "dir"), (Modes(), client.Run("ls -A | grep -v ^copy$").Record.Stdout.TrimEnd()));

        Assert.Equal(-1, client.Batch(copy).FailedStep);
        var expected = new List<string> { "closed:555", "closed/inner:500", "closed/inner/x:644", "closed/y:644", "shared:777" };
        expected.AddRange(joins ? [":700", "plain:700", "plain/kept:644"] : [":555", "plain:750"]);
        Assert.Equal(expected.Order(StringComparer.Ordinal), Modes().TrimEnd().Split(' ').Order(StringComparer.Ordinal));
        // What a batch has removed is gone, whatever its modes were.
        Assert.Equal(-1, client.Batch(Step(BatchVerb.Delete, "copy", recursive: true)).FailedStep);
        Assert.Equal("dir", client.Run("ls -A").Record.Stdout.TrimEnd());
    }

    [Fact]
    public void A_directory_is_made_with_the_mode_that_is_asked_for()
    {
        Assert.Equal(-1, _client.Batch(Step(BatchVerb.MakeDirectory, "open", mode: 0x1ff),
            Step(BatchVerb.MakeDirectory, "closed", mode: 0x16d))
            .FailedStep);
        Assert.Equal((0x1ffu, 0x16du), (_client.Stat("open").Mode, _client.Stat("closed").Mode));
    }
}
