using System.Collections;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What a session sets for its default pool: <c>$PSIpcPreference = @{ PoolWorkerCount = 4; PoolIdleTimeout = 60 }</c>. Both may be left out.
/// </summary>
/// <param name="WorkerCount">The most workers; by default as many as there are processors, or this worker's share of them inside a worker.</param>
/// <param name="IdleTimeout">How long workers stay without work; by default five minutes.</param>
internal readonly record struct PoolPreference(int? WorkerCount, TimeSpan IdleTimeout)
{
    /// <summary>The name of the variable.</summary>
    public const string Variable = "PSIpcPreference";

    private static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Reads the variable of the caller's session.</summary>
    /// <exception cref="ArgumentException">A value is no number, or no time.</exception>
    public static PoolPreference Of(PSCmdlet caller)
    {
        object? value = caller.SessionState.PSVariable.GetValue(Variable);
        object? count = Member(value, "PoolWorkerCount");
        object? idle = Member(value, "PoolIdleTimeout");
        return new PoolPreference(
            count is null ? null : Math.Clamp((int)LanguagePrimitives.ConvertTo(count, typeof(int), System.Globalization.CultureInfo.InvariantCulture), 1, NewProcessPoolCommand.MostWorkers),
            idle is null ? DefaultIdleTimeout : IpcTimeout.Parse(idle));
    }

    private static object? Member(object? value, string name)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain is IDictionary table ? table[name] : value is PSObject custom ? custom.Properties[name]?.Value : null;
    }
}
