"""The first tables of this app."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Key',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('gw2', 'API key'), ('api-token', 'API token'), ('user-token', 'user token'), ('remote-auth', 'remote_auth key')], max_length=32, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('shown', models.CharField(max_length=16)),
                ('permissions', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('suspend_reason', models.TextField(blank=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='KeyRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reply', models.CharField(choices=[('waiting', 'waiting for an operator'), ('granted', 'granted'), ('refused', 'refused')], default='waiting', max_length=16)),
                ('answer', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('kind', models.CharField(choices=[('gw2', 'API key'), ('api-token', 'API token'), ('user-token', 'user token'), ('remote-auth', 'remote_auth key')], max_length=32, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('permissions', models.JSONField(default=list)),
                ('days', models.PositiveIntegerField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='key_requests', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['asked_at', 'id'],
                'abstract': False,
            },
        ),
    ]
