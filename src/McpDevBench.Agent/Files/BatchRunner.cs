using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Several steps that happen together or not at all, with no other change through the agent in between.</summary>
internal sealed class BatchRunner(RootDirectory workspace)
{
    private const int MaxSteps = 512;
    private const ulong MaxContent = 64 << 20;

    public BatchResponse Run(BatchRequest request, Channel channel)
    {
        if (request.Steps.Count > MaxSteps)
            throw new OperationException(AgentStatus.TooLarge, $"a batch has at most {MaxSteps} steps");
        var total = ContentOf(request);
        using var root = workspace.Open(default, Abi.O_PATH | Abi.O_DIRECTORY);
        using var content = TempFile.Create(root, default);
        Spool(channel, content.Fd, total);
        lock (workspace.Mutation)
        {
            var at = 0;
            using var journal = new BatchJournal();
            try
            {
                var preconditions = new BatchPreconditions(workspace);
                for (; at < request.Steps.Count; at++)
                    preconditions.Check(request.Steps[at]);
                var results = new List<BatchStepResult>();
                var steps = new BatchSteps(workspace, journal, content.Fd, channel);
                for (at = 0; at < request.Steps.Count; at++)
                    results.Add(steps.Do(request.Steps[at]));
                channel.ThrowIfCancelled();
                journal.Commit();
                return new BatchResponse(-1, AgentStatus.Ok, "", results);
            }
            catch (Exception error)
            {
                var failure = OperationException.From(error);
                var undone = journal.Undo();
                var text = undone ? failure.Message : $"{failure.Message} (and not everything could be undone)";
                return new BatchResponse(at, failure.Status, text, []);
            }
        }
    }

    private static ulong ContentOf(BatchRequest request)
    {
        ulong total = 0;
        foreach (var step in request.Steps)
        {
            if (step.ContentLength > MaxContent || (total += step.ContentLength) > MaxContent)
                throw new OperationException(AgentStatus.TooLarge, $"a batch writes at most {MaxContent >> 20} MiB");
            if (step.Verb != BatchVerb.Write && step.ContentLength > 0)
                throw new OperationException(AgentStatus.Invalid, "only a write has content");
        }
        return total;
    }

    /// <summary>
    /// All content arrives before anything is changed and before the lock is taken: a slow sender delays no other request.
    /// </summary>
    private static void Spool(Channel channel, Fd to, ulong total)
    {
        var buffer = BufferPool.Rent();
        try
        {
            for (int count; (count = channel.Read(buffer)) > 0;)
            {
                if ((ulong)count > total)
                    throw new OperationException(AgentStatus.Invalid, "more content than the steps announce");
                total -= (ulong)count;
                Fd.WriteFully(to, buffer.AsSpan(0, count), "the batch's content"u8);
            }
        }
        finally
        {
            BufferPool.Return(buffer);
        }
        if (total > 0)
            throw new OperationException(AgentStatus.Invalid, $"{total} bytes of content are missing");
    }
}
