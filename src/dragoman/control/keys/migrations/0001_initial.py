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
                ('state', models.CharField(choices=[('active', 'active'), ('disabled', 'disabled by its owner'), ('suspended', 'disabled by an operator'), ('revoked', 'revoked')], default='active', max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
            },
        ),
    ]
