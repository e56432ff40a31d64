BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Views' {
    BeforeAll { $queue = New-IpcQueue -Capacity 64KB; 1..10 | Send-IpcMessage $queue }
    AfterAll { Remove-IpcQueue $queue }

    It 'are a table by themselves' {
        $queue | Out-String | Should -Match 'Name +Count +Bytes +Capacity +Full +State +Serializer'
        Get-IpcObject $queue.Name | Out-String -Width 120 | Should -Match 'Kind +Name +Creator +Held by +Waiting +Size +Age +Attached'
    }

    It 'are a list on demand, with readable sizes and without what only programs need' {
        $text = $queue | Format-List | Out-String
        $text | Should -Match 'Capacity +: 64 KB'
        $text | Should -Not -Match 'Reference'
    }

    It 'are names in columns on demand' {
        Get-IpcQueue $queue.Name | Format-Wide | Out-String | Should -Match $queue.Name
    }
}
