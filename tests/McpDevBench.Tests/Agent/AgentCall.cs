using System.Buffers.Binary;
using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>A request under way.</summary>
internal sealed class AgentCall(AgentClient client, uint channel)
{
    private readonly TaskCompletionSource<byte[]> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _content = new();
    private readonly SemaphoreSlim _creditChanged = new(0);
    private long _credit = Protocol.InitialCredit;

    public uint Channel => channel;

    public bool Answered => _response.Task.IsCompleted;

    public long Received
    {
        get
        {
            lock (_content)
                return _content.Length;
        }
    }

    public byte[] Content
    {
        get
        {
            lock (_content)
                return _content.ToArray();
        }
    }

    /// <summary>Sends content within the credit, and its end. Stops when the agent has answered.</summary>
    public AgentCall Upload(ReadOnlySpan<byte> content, bool end = true, long expiresAt = 0)
    {
        while (!content.IsEmpty && !Answered)
        {
            var count = (int)Math.Min(Math.Min(content.Length, Protocol.MaxData), Interlocked.Read(ref _credit));
            if (count == 0)
            {
                _creditChanged.Wait(100);
                continue;
            }
            Interlocked.Add(ref _credit, -count);
            client.Send(FrameKind.Data, channel, content[..count]);
            content = content[count..];
        }
        if (end)
            client.Send(FrameKind.DataEnd, channel, to => _ = to.Version >= 2 ? to.Int64(expiresAt) : to);
        return this;
    }

    public void Grant(uint bytes) => client.Send(FrameKind.Credit, channel, to => to.UInt32(bytes));

    public void Cancel() => client.Send(FrameKind.Cancel, channel, default(ReadOnlySpan<byte>));

    public T Answer<T>(ReadMessage<T> read)
    {
        if (!_response.Task.Wait(AgentClient.Timeout))
            throw new TimeoutException("no response");
        var reader = new MessageReader(_response.Task.Result) { Version = client.Version };
        var status = (AgentStatus)reader.Byte();
        if (status != AgentStatus.Ok)
            throw new AgentErrorException(status, Encoding.UTF8.GetString(reader.Rest));
        var message = read(ref reader);
        reader.End();
        return message;
    }

    public void Answer() => Answer(static (ref MessageReader _) => 0);

    public AgentStatus Status(TimeSpan? timeout = null)
        => _response.Task.Wait(timeout ?? AgentClient.Timeout) ? (AgentStatus)_response.Task.Result[0]
            : throw new TimeoutException("no response");

    internal void Fail(Exception error) => _response.TrySetException(error);

    internal void Deliver(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case FrameKind.Response:
                _response.TrySetResult(payload.ToArray());
                break;
            case FrameKind.Data:
                lock (_content)
                    _content.Write(payload);
                var count = (uint)payload.Length;
                if (client.GrantsCredit)
                    AgentClient.Later(() => Grant(count));
                break;
            case FrameKind.Credit:
                Interlocked.Add(ref _credit, BinaryPrimitives.ReadUInt32LittleEndian(payload));
                _creditChanged.Release();
                break;
        }
    }
}
