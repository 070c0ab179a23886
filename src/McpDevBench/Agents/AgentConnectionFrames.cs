using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>What comes from the agent, frame by frame: each belongs to something that the server asked for, or ends the stream.</summary>
internal sealed partial class AgentConnection
{
    private void Deliver(FrameHeader header, AgentLink link, AgentListener listener)
    {
        var payload = _frames.TakePayload(header);
        var reader = new MessageReader(payload) { Version = Version };
        switch (header.Kind)
        {
            case FrameKind.Response:
                var answered = _calls.Remove(header.Channel)
                    ?? throw new ProtocolException($"the agent answered request {header.Channel}, which is not open");
                _pace.Answered();
                answered.Answer(payload);
                break;
            case FrameKind.Data or FrameKind.DataEnd or FrameKind.Credit:
                if (_calls.Find(header.Channel, header.Kind) is { } open)
                    Deliver(header.Kind, payload, open);
                else
                    _stray.Count();
                break;
            case FrameKind.ExecOutput:
                var output = ExecOutput.Read(ref reader);
                CountUnless(listener.Output(link, output, reader.Rest));
                break;
            case FrameKind.ExecBackground when Version >= 2:
                var background = ExecBackground.Read(ref reader);
                reader.End();
                CountUnless(listener.InBackground(link, background));
                break;
            case FrameKind.ExecExited:
                var exit = ExecExited.Read(ref reader);
                reader.End();
                CountUnless(listener.Exited(link, exit));
                break;
            case FrameKind.Pong:
                if (Version >= 2)
                    _clock.Read(reader.Int64());
                Pong(reader.Int64());
                reader.End();
                Answered();
                break;
            default:
                throw new ProtocolException($"the agent sent {header.Kind}");
        }
    }

    private static void Deliver(FrameKind kind, ReadOnlySpan<byte> payload, AgentCall call)
    {
        var reader = new MessageReader(payload) { Version = Protocol.MinVersion };
        if (kind == FrameKind.Data)
            call.Receive(payload);
        else if (kind == FrameKind.DataEnd)
            call.ReceiveEnd();
        else
            call.Grant(reader.UInt32());
    }

    private void CountUnless(bool isNew)
    {
        if (!isNew)
            _stray.Count();
    }

    private void Pong(long nonce)
    {
        if (nonce == 0 || Interlocked.CompareExchange(ref _ping, 0, nonce) != nonce)
            throw new ProtocolException("the agent answered a ping that was not sent");
        Interlocked.Increment(ref _pongs);
    }
}
