using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.AgentProtocol;

public sealed class MessageTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var start = new ExecStart(Guid.NewGuid(), ["sh", "-c", "echo ✓"], ["A=1", "B="], "src"u8.ToArray(), StdinOpen: true, Pty: true, 40,
            120, 5000, 100, 500);
        var written = new MessageWriter { Version = Protocol.Version };
        start.Write(written);
        var reader = new MessageReader(written.Written) { Version = Protocol.Version };
        var read = ExecStart.Read(ref reader);
        reader.End();
        Assert.Equal(start.Argv, read.Argv);
        Assert.Equal(start.Env, read.Env);
        Assert.Equal(start.Cwd, read.Cwd);
        Assert.Equal(start with { Argv = read.Argv, Env = read.Env, Cwd = read.Cwd }, read);
    }

    [Fact]
    public void The_smallest_elements_of_every_list_are_read_again()
    {
        var stat = new FileStat([], FileKind.File, 0, 0, 0, 0, 0, 0, []);
        var step = new BatchStep(BatchVerb.Read, [], [], 0, 0, false, false, false, null, false, []);
        Assert.Equal(3, Again(new BatchRequest([step, step, step]).Write, BatchRequest.Read).Steps.Count);
        Assert.Equal(2, Again(new BatchRequest([step with { Edits = [new TextEdit([], [], false), new TextEdit([], [], false)] }]).Write,
            BatchRequest.Read).Steps[0].Edits.Count);
        Assert.Equal(3, Again(new BatchResponse(-1, AgentStatus.Ok, "", [new(null, [], 0), new(null, [], 0), new(null, [], 0)]).Write,
            BatchResponse.Read).Results.Count);
        Assert.Equal(3, Again(new ListResponse([stat, stat, stat], false).Write, ListResponse.Read).Entries.Count);
        Assert.Equal(2, Again(new SearchResponse([new([], 0, "", [], []), new([], 0, "", [], [])], 0, false).Write, SearchResponse.Read)
            .Matches.Count);
        Assert.Equal(2, Again(new Welcome(Protocol.Version, "", default, [default, default]).Write, Welcome.Read).Execs.Count);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(0UL, null)]
    [InlineData(null, 7UL)]
    [InlineData(1UL << 53, 1UL << 53)]
    public void Usage_is_read_again_known_or_not(ulong? memory, ulong? cpu)
    {
        var usage = new ContainerUsage(memory, cpu);
        Assert.Equal(usage, Again(usage.Write, ContainerUsage.Read));
    }

    [Theory]
    [InlineData((1UL << 53) + 1, null)]
    [InlineData(5UL, ulong.MaxValue)]
    [InlineData(unchecked((ulong)-1L), 5UL)]
    public void Usage_that_no_container_can_have_is_a_protocol_error(ulong? memory, ulong? cpu) =>
        Assert.Throws<ProtocolException>(() => Again(new ContainerUsage(memory, cpu).Write, ContainerUsage.Read));

    [Theory]
    [InlineData(Protocol.MinVersion)]
    [InlineData(Protocol.Version)]
    public void A_welcome_says_in_which_version_the_rest_is_written(int version)
    {
        var written = new MessageWriter { Version = (ushort)version };
        new Welcome((ushort)version, "1.0.0", default, []).Write(written);
        var reader = new MessageReader(written.Written) { Version = Protocol.HandshakeVersion };
        Assert.Equal(version, Welcome.Read(ref reader).Version);
        Assert.Equal(version, reader.Version);
    }

    [Theory]
    [InlineData(Protocol.MinVersion - 1)]
    [InlineData(Protocol.Version + 1)]
    public void A_welcome_in_a_version_that_is_not_supported_is_a_protocol_error(int version)
    {
        var error = Assert.Throws<ProtocolException>(() => Again(new Welcome((ushort)version, "", default, []).Write, Welcome.Read));
        Assert.Equal(
            $"the agent speaks version {version}; versions {Protocol.MinVersion} to {Protocol.Version} are supported", error.Message);
    }

    private delegate T Reader<out T>(ref MessageReader reader);

    private static T Again<T>(Action<MessageWriter> write, Reader<T> read)
    {
        var written = new MessageWriter { Version = Protocol.Version };
        write(written);
        var reader = new MessageReader(written.Written) { Version = Protocol.Version };
        var message = read(ref reader);
        reader.End();
        return message;
    }

    [Fact]
    public void Every_message_cut_anywhere_is_a_protocol_error()
    {
        var written = new MessageWriter { Version = Protocol.Version };
        new BatchRequest([new BatchStep(BatchVerb.Edit, "a"u8.ToArray(), [], 0, 0, true, false, false, 7, false,
            [new TextEdit("x"u8.ToArray(), "y"u8.ToArray(), true)])]).Write(written);
        for (var length = 0; length < written.Length; length++)
        {
            var cut = written.Written[..length].ToArray();
            Assert.Throws<ProtocolException>(() =>
            {
                var reader = new MessageReader(cut) { Version = Protocol.Version };
                BatchRequest.Read(ref reader);
                reader.End();
            });
        }
    }

    [Fact]
    public void A_list_longer_than_its_message_is_an_error_before_memory_is_taken()
    {
        var written = new MessageWriter { Version = Protocol.Version };
        written.Bool(false).UInt32(uint.MaxValue);
        Assert.Throws<ProtocolException>(() =>
        {
            var reader = new MessageReader(written.Written) { Version = Protocol.Version };
            return ListResponse.Read(ref reader);
        });
    }

    [Fact]
    public void Random_bytes_are_a_protocol_error_or_a_message_and_nothing_else()
    {
        var random = new Random(20261123);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            try
            {
                var reader = new MessageReader(bytes) { Version = Protocol.Version };
                switch (round % 7)
                {
                    case 0: Welcome.Read(ref reader); break;
                    case 1: ListResponse.Read(ref reader); break;
                    case 2: BatchResponse.Read(ref reader); break;
                    case 3: SearchResponse.Read(ref reader); break;
                    case 4: ExecExited.Read(ref reader); break;
                    case 5: ContainerUsage.Read(ref reader); break;
                    default: FrameHeader.Read([.. bytes, .. new byte[FrameHeader.Size]]); break;
                }
            }
            catch (ProtocolException)
            {
                continue;
            }
        }
    }

    [Theory]
    [InlineData("one two one", "one", "1", false, -1, 2)]
    [InlineData("one two one", "one", "1", true, 2, 0)]
    [InlineData("one two", "three", "3", true, -1, 0)]
    [InlineData("aaaa", "aa", "b", true, 2, 0)]
    public void An_edit_replaces_once_or_all_or_says_how_often_it_found_the_text(string content, string old, string text, bool all,
        int replacements, int occurrences)
    {
        var outcome = TextEdits.Apply(System.Text.Encoding.UTF8.GetBytes(content),
            [new TextEdit(System.Text.Encoding.UTF8.GetBytes(old), System.Text.Encoding.UTF8.GetBytes(text), all)]);
        Assert.Equal(replacements, outcome.FailedEdit >= 0 ? -1 : outcome.Replacements);
        Assert.Equal(occurrences, outcome.Occurrences);
        Assert.Equal(replacements < 0 ? content : content.Replace(old, text, StringComparison.Ordinal),
            System.Text.Encoding.UTF8.GetString(outcome.Content));
    }
}
