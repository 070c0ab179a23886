using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Files;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>
/// From the first byte of a request to who does it. Messages are read here, on the loop, so that a malformed one ends the stream that it
/// came on.
/// </summary>
internal sealed class RequestRouter(ExecTable execs, WorkerPool workers, FileRequests files, ControlGroup group)
{
    /// <summary>A request's message is in memory twice or more: as it came, and as what it means.</summary>
    private const int LargeRequest = 64 << 10;

    /// <summary>Does a request on a worker, and writes its response behind the status.</summary>
    private delegate void Work(MessageWriter response);

    public void Route(Channel channel, ReadOnlySpan<byte> payload)
    {
        var message = new MessageReader(payload) { Version = channel.Session.Version };
        var (opcode, expiresAt) = RequestHeader.Read(ref message);
        channel.ExpiresAt = expiresAt;
        try
        {
            channel.ThrowIfCancelled();
            if (payload.Length > LargeRequest)
                Heap.RequireRoom();
            if (!RouteExec(channel, opcode, ref message) && !RouteUsage(channel, opcode, ref message)
                && !RouteFile(channel, opcode, ref message, payload.Length))
                throw new OperationException(AgentStatus.Invalid, $"opcode {(byte)opcode} is unknown to this agent ({AgentVersion.Text})");
        }
        catch (OperationException failure)
        {
            channel.Session.Finish(channel, channel.Session.Answer(failure));
        }
    }

    private bool RouteExec(Channel channel, Opcode opcode, ref MessageReader message)
    {
        switch (opcode)
        {
            case Opcode.ExecStart:
                var start = ExecStart.Read(ref message);
                message.End();
                execs.Start(channel, start);
                return true;
            case Opcode.ExecInput:
                var input = ExecInput.Read(ref message);
                message.End();
                execs.Input(channel, input);
                return true;
            case Opcode.ExecSignal:
                var signal = ExecSignal.Read(ref message);
                message.End();
                execs.Signal(channel, signal);
                return true;
            case Opcode.ExecCancel:
                var cancel = ExecCancel.Read(ref message);
                message.End();
                execs.Cancel(cancel);
                break;
            case Opcode.ExecResize:
                var resize = ExecResize.Read(ref message);
                message.End();
                execs.Resize(resize);
                break;
            default:
                return false;
        }
        channel.Session.Finish(channel, channel.Session.Answer(AgentStatus.Ok));
        return true;
    }

    /// <summary>Answered here and now: whatever keeps the workers busy is what makes the answer interesting.</summary>
    private bool RouteUsage(Channel channel, Opcode opcode, ref MessageReader message)
    {
        if (opcode is not (Opcode.Usage or Opcode.DiskFree))
            return false;
        var disk = opcode == Opcode.DiskFree ? DiskFreeRequest.Read(ref message) : null;
        message.End();
        var answer = channel.Session.Answer(AgentStatus.Ok);
        if (disk is null)
            group.Read().Write(answer);
        else
            DiskMeasure.Free(disk).Write(answer);
        channel.Session.Finish(channel, answer);
        return true;
    }

    private bool RouteFile(Channel channel, Opcode opcode, ref MessageReader message, int size)
    {
        var isLong = true;
        Work work;
        switch (opcode)
        {
            case Opcode.Stat:
                var stat = StatRequest.Read(ref message);
                (isLong, work) = (false, response => files.Stat(stat).Write(response));
                break;
            case Opcode.List:
                var list = ListRequest.Read(ref message);
                (isLong, work) = (list.Recursive, response => files.List(list, channel).Write(response));
                break;
            case Opcode.Read:
                var read = ReadRequest.Read(ref message);
                channel.HasContent = true;
                work = response => files.Read(read, channel).Write(response);
                break;
            case Opcode.Write:
                var write = WriteRequest.Read(ref message);
                work = response => files.Write(write, channel).Write(response);
                break;
            case Opcode.Delete:
                var delete = DeleteRequest.Read(ref message);
                (isLong, work) = (delete.Recursive, _ => files.Delete(delete, channel));
                break;
            case Opcode.Search:
                var search = SearchRequest.Read(ref message);
                work = response => files.Search(search, channel).Write(response);
                break;
            case Opcode.Batch:
                var batch = BatchRequest.Read(ref message);
                work = response => files.Batch(batch, channel).Write(response);
                break;
            case Opcode.Export:
                var export = ExportRequest.Read(ref message);
                channel.HasContent = true;
                work = response => files.Export(export, channel).Write(response);
                break;
            case Opcode.Import:
                var import = ImportRequest.Read(ref message);
                work = response => files.Import(import, channel).Write(response);
                break;
            case Opcode.DiskUsage:
                var roots = DiskUsageRequest.Read(ref message);
                work = response => DiskMeasure.Measure(roots, channel).Write(response);
                break;
            case Opcode.Info:
                (isLong, work) = (false, response => AgentDiagnostics.Describe(execs.Count).Write(response));
                break;
            default:
                return false;
        }
        message.End();
        if (!workers.TrySubmit(new Job(() => Run(channel, work), isLong, size)))
            throw new OperationException(AgentStatus.Exhausted, "too many requests are waiting; try again");
        return true;
    }

    private static void Run(Channel channel, Work work)
    {
        try
        {
            channel.ThrowIfCancelled();
            var answer = channel.Session.Answer(AgentStatus.Ok);
            work(answer);
            if (answer.Length > Protocol.MaxPayload)
                throw new OperationException(AgentStatus.TooLarge, "the answer is larger than a frame can be");
            channel.Session.Respond(channel, answer);
        }
        catch (Exception error)
        {
            channel.Session.Respond(channel, channel.Session.Answer(OperationException.From(error)));
        }
    }
}
