using System.Buffers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace McpDevBench.Mcp;

/// <summary>Reads the body of a message into memory; a large one only when there is room for it, and no slower than a slow line.</summary>
internal static class RequestBody
{
    /// <summary>A sender that is slower keeps others waiting.</summary>
    private static readonly MinDataRate _minRate = new(bytesPerSecond: 64 << 10, gracePeriod: TimeSpan.FromSeconds(10));

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maximum, CallMemory memory)
    {
        var (request, cancellationToken) = (context.Request, context.RequestAborted);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = _minRate;
        if (request.ContentLength is { } expected)
        {
            if (expected > CallMemory.SmallBytes)
                await memory.TakeForBodyAsync(expected, cancellationToken);
            var whole = new byte[expected];
            await request.Body.ReadExactlyAsync(whole, cancellationToken);
            return whole;
        }
        var beginning = ArrayPool<byte>.Shared.Rent(CallMemory.SmallBytes);
        try
        {
            var length = await request.Body.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, cancellationToken);
            if (length < beginning.Length)
                return beginning.AsSpan(0, length).ToArray();
            await memory.TakeForBodyAsync(maximum, cancellationToken);
            using var body = new MemoryStream(4 * length);
            body.Write(beginning);
            await request.Body.CopyToAsync(body, cancellationToken);
            return body.GetBuffer().AsMemory(0, (int)body.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(beginning);
        }
    }
}
