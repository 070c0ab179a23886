using System.Buffers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace McpDevBench.Mcp;

/// <summary>Reads the body of a message into memory; a large one once it is complete and there is room for it.</summary>
internal static class RequestBody
{
    /// <summary>A sender that is slower keeps a place that others wait for.</summary>
    private static readonly MinDataRate _minRate = new(bytesPerSecond: 64 << 10, gracePeriod: TimeSpan.FromSeconds(10));

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, BodySpool spool, CallMemory memory)
    {
        var (request, cancellationToken) = (context.Request, context.RequestAborted);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = _minRate;
        if (request.ContentLength is { } expected and <= CallMemory.SmallBytes)
        {
            var whole = new byte[expected];
            await request.Body.ReadExactlyAsync(whole, cancellationToken);
            return whole;
        }
        var beginning = ArrayPool<byte>.Shared.Rent(CallMemory.SmallBytes);
        try
        {
            var length = await request.Body.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, cancellationToken);
            return length < beginning.Length
                ? beginning.AsSpan(0, length).ToArray()
                : await spool.ReadAsync(beginning, request.Body, memory, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(beginning);
        }
    }
}
