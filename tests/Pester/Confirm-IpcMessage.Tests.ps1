BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Confirm-IpcMessage' {
    AfterEach { Remove-TestObject }

    It 'says that a message is done' {
        $q = New-IpcQueue -RequireConfirmation
        1..2 | Send-IpcMessage $q
        Receive-IpcMessage $q -Count 2 | Confirm-IpcMessage -PassThru | ForEach-Object Body | Should -Be 1, 2
        3 | Send-IpcMessage $q
        $message = $q.Receive()
        "$($message.Redelivered) $($message.DeliveryCount) $($q.Count) $($q.Unconfirmed) $($q.RequiresConfirmation)" | Should -Be 'False 1 0 1 True'
        $message.Confirm(), $message.Confirm() | Should -Be $true, $false
        Wait-IpcQueue $q -Timeout 0 -ErrorAction Stop
    }

    It 'refuses messages that need none' {
        $q = New-IpcQueue
        1 | Send-IpcMessage $q
        $message = Receive-IpcMessage $q -IncludeMetadata
        { Confirm-IpcMessage $message -ErrorAction Stop } | Should -Throw -ErrorId 'IpcNotSupported,*'
        $confirmed = New-IpcQueue -RequireConfirmation
        1 | Send-IpcMessage $confirmed
        $message = Receive-IpcMessage $confirmed
        Remove-IpcQueue $confirmed
        { Confirm-IpcMessage $message -ErrorAction Stop } | Should -Throw -ErrorId 'IpcClosed,*'
    }
}
